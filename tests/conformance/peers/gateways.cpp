// The faults of the catalogue behind a gateway. What becomes of them is another thing: a gateway
// reads the answer too, and mends it, refuses it, or passes it on as it came. The table was taken
// down with a socket and one's eyes, from nginx 1.22, haproxy 2.6, squid 5.7 and mitmproxy 8.1.

#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "conformance/peers/row.hpp"

namespace conformance {
namespace {

using redial::BodyVerdict;
using redial::testing::NamedFault;

constexpr std::uint64_t k_most = 256 * 1024;

bool begins_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

/// Nothing: it is passed on, and comes to what it comes to without a gateway.
using Made = std::optional<Nature>;
const Made as_it_is = std::nullopt;

Nature whole(const char* body) {
  Nature nature = status(200);
  nature.content = body;
  return nature;
}

/// By gateway: nginx, haproxy, squid, mitmproxy.
using Line = std::array<Made, 4>;

Line all(const Made& made) {
  return {made, made, made, made};
}

// A 502 is the gateway's own: the answer was none. A 504: it waited in vain; squid would for 15
// minutes and mitmproxy for ever, so there the client gives up.
const std::map<std::string_view, Line>& made_of() {
  static const std::map<std::string_view, Line> table{
      {"F15-fin", all(status(502))},
      {"F16-rst", all(status(502))},
      {"F19-stall", {status(504), status(504), lost(), lost()}},
      {"F19-loris", {status(504), status(504), lost(), lost()}},
      {"F20-fin", all(status(502))},
      {"F21-fin", all(status(502))},
      {"F21-rst", all(status(502))},
      {"F21-stall", {status(504), status(504), lost(), lost()}},
      // nginx and squid take what does not begin with "HTTP/" for an answer of HTTP/0.9: nginx
      // passes it on naked, squid makes a 200 of it.
      {"F22-protocol", {as_it_is, status(502), status(200), status(502)}},
      {"F22-garbage", {as_it_is, status(502), status(200), status(502)}},
      {"F22-http-0.9", {as_it_is, status(502), status(200), status(502)}},
      {"F22-version", {whole("ok"), whole("ok"), status(200), as_it_is}},
      {"F22-code-099", {as_it_is, as_it_is, status(502), as_it_is}},
      {"F22-code-99999", {as_it_is, as_it_is, status(502), as_it_is}},
      {"F23-nul", {status(502), as_it_is, status(502), as_it_is}},
      {"F23-no-colon", all(status(502))},
      {"F23-obs-fold", {status(502), as_it_is, as_it_is, as_it_is}},
      {"F23-long-line", {status(502), status(502), status(502), as_it_is}},
      {"F23-large-head", {status(502), status(502), status(502), as_it_is}},
      {"F23-many-fields", {status(502), status(502), as_it_is, as_it_is}},
      // A length that nginx cannot read it leaves out; of two it takes the last.
      {"F24-negative", {whole("0123456789"), status(502), status(502), status(502)}},
      {"F24-overflow", {whole("0123456789"), status(502), status(502), status(502)}},
      {"F24-differ", {whole("01234"), status(502), status(502), status(502)}},
      {"F24-cl-te", {whole("ok"), whole("ok"), whole("ok"), status(502)}},
      {"F24-unknown-te", {whole("0123456789"), status(502), status(502), status(502)}},
      // nginx and mitmproxy take an interim answer for the answer; then nginx closes, and
      // mitmproxy waits.
      {"F25-103", {lost(), as_it_is, as_it_is, lost()}},
      {"F25-101", {as_it_is, status(502), status(502), as_it_is}},
      // mitmproxy passes on what it has whole.
      {"F26-fin", {as_it_is, as_it_is, as_it_is, status(502)}},
      {"F26-rst", {as_it_is, as_it_is, as_it_is, status(502)}},
      {"F26-stall", {cut(), cut(), cut(), lost()}},
      // nginx has not sent its head yet when it sees the first chunk; squid has.
      {"F27-bad-hex", {lost(), status(502), cut(), status(502)}},
      {"F27-overflow", {lost(), status(502), cut(), status(502)}},
      {"F27-no-crlf", {lost(), status(502), cut(), status(502)}},
      {"F27-truncated", {as_it_is, as_it_is, as_it_is, status(502)}},
      {"F27-no-end", {as_it_is, as_it_is, as_it_is, status(502)}},
      // haproxy and mitmproxy end their answer in good order: nobody can know any more.
      {"F28-rst", {as_it_is, whole("0123"), as_it_is, whole("0123")}},
      {"F31-drip", {cut(), cut(), cut(), lost()}},
  };
  return table;
}

Nature nature_of(Gateway gateway, const NamedFault& fault) {
  const auto line = made_of().find(fault.name);
  const bool is_there = line != made_of().end() && gateway != Gateway::nothing;
  const Made made = is_there ? line->second.at(static_cast<std::size_t>(gateway)) : as_it_is;
  return made ? *made : natures_of(fault.name, {.struck = 1000}, 1).front();
}

// What such a gateway, which waits for the end of it, hands on late or never.
bool never_ends(Gateway gateway, std::string_view fault) {
  if (gateway == Gateway::nginx || gateway == Gateway::haproxy) return false;
  return fault == "F19-stall" || fault == "F19-loris" || fault == "F21-stall" ||
         fault == "F26-stall" || fault == "F31-drip" ||
         (gateway == Gateway::mitmproxy && begins_with(fault, "F25-"));
}

bool loses_its_answer(std::string_view fault) {
  return fault == "F15-fin" || fault == "F16-rst" || fault == "F20-fin" || fault == "F21-fin" ||
         fault == "F21-rst";
}

// When a request on a connection that has carried another gets no answer from the server, haproxy
// ends that connection without a word, as if it had closed while idle (the "TX_NOT_FIRST" of its
// source): to us, a lost request. The next connection is fresh, and hears of the 502 again.
void after_another(Row& row) {
  row.when_reused = {lost(), status(502), lost()};
  row.natures = {status(502), lost(), status(502)};
}

Row row_of(const NamedFault& fault, const std::string& base, const Upstream& origin,
           const ClientSpec& client) {
  Row row{.what = fault.name + " behind it",
          .url = base + "/" + fault.name,
          .client = client,
          .warm = base + "/warm",
          .origin = &origin.server};
  if (fault.needs == NamedFault::Needs::head) row.methods = Row::Methods::head;
  return row;
}

bool is_a_signal(const NamedFault& fault) {
  return begins_with(fault.name, "F33-") || begins_with(fault.name, "F34-") ||
         begins_with(fault.name, "F36-");
}

}  // namespace

bool is_in_an_answer(const NamedFault& fault) {
  static const std::set<std::string_view> families{"F15", "F16", "F19", "F20", "F21", "F22", "F23",
                                                   "F24", "F25", "F26", "F27", "F28", "F29", "F30",
                                                   "F31", "F32", "F33", "F34", "F36"};
  return families.count(std::string_view(fault.name).substr(0, 3)) > 0;
}

Rows catalogue_behind(Gateway gateway, const std::string& base, const Upstream& origin,
                      const ClientSpec& client) {
  Rows rows;
  for (const auto& fault : redial::testing::fault_catalogue()) {
    if (!is_in_an_answer(fault) || is_a_signal(fault)) continue;
    const bool endless = begins_with(fault.name, "F32-");
    // It would have to have the whole of it first.
    if (gateway == Gateway::mitmproxy && endless) continue;
    // haproxy 2.6 now and then keeps the body back that follows an interim answer.
    if (gateway == Gateway::haproxy && fault.name == "F25-103") continue;
    const bool secure = base.substr(0, 5) == "https";
    Row row = row_of(fault, base, origin, client);
    row.natures = {nature_of(gateway, fault)};
    // Over TLS, mitmproxy says no goodbye: what ends with its connection may be cut.
    if (gateway == Gateway::mitmproxy && secure && begins_with(fault.name, "F28-"))
      row.natures = {cut()};
    if (never_ends(gateway, fault.name)) row.client = impatient(client);
    if (endless) row.max_body = k_most;
    if (gateway == Gateway::haproxy && loses_its_answer(fault.name)) after_another(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

Rows signals_behind(Gateway gateway, const std::string& base, const Upstream& origin,
                    const ClientSpec& client) {
  Rows rows;
  for (const auto& fault : redial::testing::fault_catalogue()) {
    if (!is_in_an_answer(fault) || !is_a_signal(fault)) continue;
    Row row = row_of(fault, base, origin, client);
    row.natures = {nature_of(gateway, fault)};
    // Without the "Connection: close" that makes it clear (RFC 9110 §15.5.9): that is the server's,
    // for the gateway.
    if (fault.name == "F36-408" && gateway != Gateway::mitmproxy) {
      Nature unsaid = row.natures.front();
      unsaid.unsaid = true;
      row.natures.push_back(unsaid);
      row.when_reused = {unsaid};
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace conformance
