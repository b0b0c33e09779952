#include "testing/begin.hpp"

#include <array>
#include <string_view>

#include <sys/socket.h>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Ends = Acceptor::Ends;
using OnAccept = FaultServer::OnAccept;

constexpr std::array<std::string_view, 10> k_accepts{"serve",
                                                     "close",
                                                     "reset",
                                                     "close_unread",
                                                     "reset_unread",
                                                     "stall",
                                                     "close_in_handshake",
                                                     "reset_in_handshake",
                                                     "alert",
                                                     "plain_text"};
constexpr std::array<std::string_view, 6> k_tls{"none",        "good",       "expired",
                                                "self_signed", "wrong_host", "wrong_chain"};

}  // namespace

std::string_view to_string(FaultServer::OnAccept what) noexcept {
  return k_accepts[static_cast<std::size_t>(what)];
}
std::string_view to_string(FaultServer::Tls kind) noexcept {
  return k_tls[static_cast<std::size_t>(kind)];
}

TestCertificate certificate_of(const TestAuthority& authority, FaultServer::Tls kind) {
  switch (kind) {
    case FaultServer::Tls::expired:
      return authority.expired();
    case FaultServer::Tls::self_signed:
      return authority.self_signed();
    case FaultServer::Tls::wrong_host:
      return authority.wrong_host();
    case FaultServer::Tls::wrong_chain:
      return authority.wrong_chain();
    case FaultServer::Tls::good:
    case FaultServer::Tls::none:
      break;
  }
  return authority.good();
}

bool begins(Channel& channel, FaultServer::OnAccept what, Acceptor::Ends& ends) {
  constexpr std::string_view k_alert{"\x15\x03\x03\x00\x02\x02\x28", 7};  // fatal, 40
  ends = Ends::silently;
  switch (what) {
    case OnAccept::serve:
      ends = Ends::goodbye;
      return true;
    case OnAccept::close:
      break;
    case OnAccept::reset:
      ends = Ends::reset;
      break;
    case OnAccept::close_unread:
      shutdown(channel.fd(), SHUT_WR);
      channel.stall();
      break;
    case OnAccept::reset_unread:
      channel.await_bytes();
      ends = Ends::reset;
      break;
    case OnAccept::stall:
      channel.stall();
      break;
    case OnAccept::close_in_handshake:
      channel.read_first();
      break;
    case OnAccept::reset_in_handshake:
      channel.read_first();
      ends = Ends::reset;
      break;
    case OnAccept::alert:
      if (channel.read_first() && channel.write(k_alert)) channel.let_go();
      break;
    case OnAccept::plain_text:
      if (channel.read_first() &&
          channel.write(
              "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        channel.let_go();
      break;
  }
  return false;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
