#include "testing/catalogue.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Listen = FaultServer::Listen;
using OnAccept = FaultServer::OnAccept;
using Role = NamedFault::Role;
using Tls = FaultServer::Tls;

FaultServer::Options listening(Listen how) {
  FaultServer::Options options;
  options.listen = how;
  return options;
}

FaultServer::Options over_tls() {
  FaultServer::Options options;
  options.tls = Tls::good;
  return options;
}

NamedFault at_accept(std::string name, std::string what, OnAccept accept,
                     Role role = Role::server) {
  NamedFault fault{
      .name = std::move(name), .what = std::move(what), .role = role, .accept = accept};
  if (role == Role::tls_server) fault.options = over_tls();
  return fault;
}

NamedFault in_handshake(std::string name, std::string what, FaultServer::Handshake handshake) {
  return {.name = std::move(name),
          .what = std::move(what),
          .role = Role::tls_server,
          .options = over_tls(),
          .handshake = handshake};
}

NamedFault without_goodbye(std::string name, std::string what, Reply reply) {
  reply.close_notify = false;
  reply.acts = true;
  return {.name = std::move(name),
          .what = std::move(what),
          .role = Role::tls_server,
          .options = over_tls(),
          .replies = always(std::move(reply))};
}

}  // namespace

void add_connection_faults(std::vector<NamedFault>& catalogue) {
  catalogue.push_back({.name = "F1-refused",
                       .what = "nobody listens on the port",
                       .options = listening(Listen::refuse)});
  catalogue.push_back({.name = "F2-black-hole",
                       .what = "SYNs are dropped: no connection, no refusal",
                       .options = listening(Listen::black_hole)});
  catalogue.push_back(at_accept("F3-fin", "accepted, then a FIN; the request is never read",
                                OnAccept::close_unread));
  catalogue.push_back(at_accept("F4-rst", "accepted, then a reset when the first byte has come",
                                OnAccept::reset_unread));
  catalogue.push_back(at_accept("F4-rst-at-once", "accepted and reset at once", OnAccept::reset));
  catalogue.push_back(at_accept("F6-stall", "no ServerHello: accepted, then silence",
                                OnAccept::stall, Role::tls_server));
  catalogue.push_back(at_accept("F7-fin", "closed during the TLS handshake",
                                OnAccept::close_in_handshake, Role::tls_server));
  catalogue.push_back(at_accept("F7-rst", "reset during the TLS handshake",
                                OnAccept::reset_in_handshake, Role::tls_server));
  catalogue.push_back(
      at_accept("F8-alert", "a TLS alert, handshake_failure", OnAccept::alert, Role::tls_server));
  catalogue.push_back(
      at_accept("F8-plain", "plain HTTP on the TLS port", OnAccept::plain_text, Role::tls_server));
  catalogue.push_back(in_handshake("F8-old", "TLS 1.1 at most", {.max_version = 11}));
  catalogue.push_back(
      in_handshake("F9-expired", "an expired certificate", {.certificate = Tls::expired}));
  catalogue.push_back(in_handshake("F9-self-signed", "a certificate that nobody signed",
                                   {.certificate = Tls::self_signed}));
  catalogue.push_back(in_handshake("F9-wrong-host", "a certificate for another host",
                                   {.certificate = Tls::wrong_host}));
  catalogue.push_back(in_handshake("F9-wrong-chain", "a certificate whose issuer is not sent along",
                                   {.certificate = Tls::wrong_chain}));
  catalogue.push_back(without_goodbye("F10-whole", "a whole body, then no close_notify",
                                      {.body = "0123456789", .close = true}));
  catalogue.push_back(
      without_goodbye("F10-short", "a short body, then no close_notify",
                      {.body = "0123456789", .fault = Reply::Fault::cut_body, .cut_after = 4}));
  catalogue.push_back(without_goodbye("F10-close-delimited",
                                      "a body that ends with the connection, no close_notify",
                                      {.body = "0123456789", .close_delimited = true}));
  catalogue.push_back(without_goodbye("F10-after-read",
                                      "the request is read, then closed without close_notify",
                                      {.fault = Reply::Fault::close_after_read}));
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
