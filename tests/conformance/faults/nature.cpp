#include "nature.hpp"

#include <map>
#include <stdexcept>

// The golden table: a line a fault.

namespace conformance {
namespace {

using redial::BodyVerdict;
using redial::Evidence;
using redial::Persistence;

constexpr const char* k_ten = "0123456789";

Nature not_sent(Persistence again = Persistence::transient) {
  return {.evidence = Evidence::not_sent, .again = again, .status = 0, .read = false};
}

Nature lost() {
  return {.evidence = Evidence::maybe, .status = 0};
}

Nature lost_unread() {
  Nature nature = lost();
  nature.read = false;
  return nature;
}

Nature whole(int status = 200, std::optional<std::string> content = k_ten) {
  return {.status = status, .content = std::move(content)};
}

Nature bad_body(BodyVerdict verdict) {
  return {.body = verdict};
}

Nature status(int code, std::optional<long> hint = std::nullopt) {
  return {.status = code, .hint = hint, .content = ""};
}

Nature forbidding(int code) {
  Nature nature = status(code);
  nature.forbids = true;
  return nature;
}

Nature urging(int code) {
  Nature nature = status(code);
  nature.urges = true;
  return nature;
}

// A proxy's, that finds nobody at the origin.
Nature bad_gateway() {
  Nature nature = status(502);
  nature.read = false;
  return nature;
}

Nature redirect(int code) {
  return {.status = code, .redirects = true, .content = ""};
}

// What strikes the same whatever the way.
const std::map<std::string_view, Nature>& everywhere() {
  static const std::map<std::string_view, Nature> table{
      {"F2-black-hole", not_sent()},
      {"F5-nxdomain", not_sent(Persistence::once)},
      {"F5-failure", not_sent()},
      {"F5-hangs", not_sent()},
      {"F5-wrong", not_sent()},
      {"F6-stall", not_sent()},
      {"F7-fin", not_sent()},
      {"F7-rst", not_sent()},
      {"F8-alert", not_sent(Persistence::once)},
      {"F8-plain", not_sent(Persistence::once)},
      {"F8-old", not_sent(Persistence::once)},
      {"F9-expired", not_sent(Persistence::never)},
      {"F9-self-signed", not_sent(Persistence::never)},
      {"F9-wrong-host", not_sent(Persistence::never)},
      {"F9-wrong-chain", not_sent(Persistence::never)},
      {"F10-whole", whole()},
      {"F10-short", bad_body(BodyVerdict::cut)},
      {"F10-close-delimited", bad_body(BodyVerdict::cut)},
      {"F10-after-read", lost()},
      {"F11-fin", lost()},
      {"F11-rst", lost()},
      {"F12-stop", lost()},
      {"F13-413-drain", status(413)},
      {"F13-503-drain", status(503)},
      {"F14-417", status(417)},
      {"F14-silence", whole()},
      {"F14-100-fin", lost()},
      {"F15-fin", lost()},
      {"F16-rst", lost()},
      {"F17-fin", lost()},
      {"F17-rst", lost()},
      {"F19-stall", lost()},
      {"F19-loris", lost()},
      {"F20-fin", lost()},
      {"F21-fin", lost()},
      {"F21-rst", lost()},
      {"F21-stall", lost()},
      {"F22-protocol", lost()},
      {"F22-version", lost()},
      {"F22-code-099", lost()},
      {"F22-code-99999", lost()},
      {"F22-garbage", lost()},
      {"F22-http-0.9", lost()},
      {"F23-nul", lost()},
      {"F23-no-colon", lost()},
      {"F23-obs-fold", whole()},
      {"F23-long-line", whole()},
      {"F23-large-head", lost()},
      {"F23-many-fields", lost()},
      {"F23-bare-lf", whole()},
      {"F24-negative", lost()},
      {"F24-overflow", lost()},
      {"F24-differ", lost()},
      {"F24-same", whole()},
      {"F24-cl-te", lost()},
      {"F24-unknown-te", lost()},
      {"F25-flood-100", lost()},
      {"F25-flood-102", lost()},
      {"F25-103", whole()},
      {"F25-101", lost()},
      {"F26-fin", bad_body(BodyVerdict::cut)},
      {"F26-rst", bad_body(BodyVerdict::cut)},
      {"F26-stall", bad_body(BodyVerdict::cut)},
      {"F27-bad-hex", bad_body(BodyVerdict::cut)},
      {"F27-overflow", bad_body(BodyVerdict::cut)},
      {"F27-no-crlf", bad_body(BodyVerdict::cut)},
      {"F27-truncated", bad_body(BodyVerdict::cut)},
      {"F27-no-end", bad_body(BodyVerdict::cut)},
      {"F28-rst", bad_body(BodyVerdict::cut)},
      {"F28-fin", whole()},
      {"F29-extra", whole()},
      {"F29-204", whole(204, "")},
      {"F29-304", whole(304, "")},
      {"F29-head", whole(200, "")},
      {"F30-garbage", bad_body(BodyVerdict::undecodable)},
      {"F30-truncated", bad_body(BodyVerdict::undecodable)},
      {"F30-bomb", bad_body(BodyVerdict::too_large)},
      // A coding that nobody knows, or more than four, are left as they came: the caller sees the
      // field.
      {"F30-unknown", whole()},
      {"F30-stacked", whole(200, std::nullopt)},
      {"F31-drip", bad_body(BodyVerdict::cut)},
      {"F32-endless", bad_body(BodyVerdict::too_large)},
      {"F32-endless-chunks", bad_body(BodyVerdict::too_large)},
      // In memory a body is what its status and fields say; sinks look closer.
      {"F46-206", whole(206)},
      {"F46-digest", whole()},
      // RFC 9110 §10.2.3: 1*DIGIT or an HTTP date; everything else is no hint.
      {"F33-zero", status(503, 0)},
      {"F33-negative", status(503)},
      {"F33-fraction", status(503)},
      {"F33-words", status(503)},
      {"F33-list", status(503)},
      {"F33-twice", status(503, 3600)},
      {"F33-huge", status(503, 10'000'000'000)},
      {"F33-20-digits", status(503, 10'000'000'000)},
      {"F33-past", status(503, 0)},
      {"F33-past-rfc850", status(503, 0)},
      {"F33-past-asctime", status(503, 0)},
      {"F33-imf", status(503, 3600)},
      {"F33-rfc850", status(503, 3600)},
      {"F33-asctime", status(503, 3600)},
      {"F33-rfc3339", status(503)},
      {"F33-epoch", status(503, 1'700'000'000)},
      {"F33-empty", status(503)},
      {"F33-ms", status(503, 1)},
      {"F33-on-200", status(200, 3600)},  // told, and nothing comes of it
      // Nothing left for so long; what breaks the grammar (r=-1 too) is dropped.
      {"F34-draft-03", status(429, 1)},
      {"F34-draft-07", status(429, 1)},
      {"F34-draft-10", status(429, 1)},
      {"F34-split", status(429, 1)},
      {"F34-negative", status(429)},
      {"F34-absurd", status(429, 1'000'000'000'000)},
      {"F34-malformed", status(429)},
      {"F35-loop", redirect(302)},
      {"F35-no-location", status(302)},
      {"F36-400", status(400)},
      {"F36-404", status(404)},
      {"F36-408", status(408)},
      {"F36-409", status(409)},
      {"F36-413-retry-after", status(413, 1)},
      {"F36-417", status(417)},
      {"F36-421", status(421)},
      {"F36-422", status(422)},
      {"F36-425", status(425)},
      {"F36-429", status(429)},
      {"F36-429-retry-after", status(429, 1)},
      {"F36-500", status(500)},
      {"F36-500-should-retry", forbidding(500)},
      {"F36-501", status(501)},
      {"F36-501-should-retry", urging(501)},
      {"F36-502", status(502)},
      {"F36-503", status(503)},
      {"F36-503-retry-after", status(503, 1)},
      {"F36-504", status(504)},
      {"F38-nth", status(503)},
      {"F38-brown-out", lost()},  // later than the client's limit
      {"F38-outage", status(503)},
      {"F38-flapping", status(503)},
      {"F38-shard", status(503)},
  };
  return table;
}

// The first answer redirects, what follows is `then`.
Natures redirected(int attempt, int code, const Nature& then, std::optional<long> hint = {}) {
  if (attempt > 1) return {then};
  Nature hop = redirect(code);
  hop.hint = hint;
  return {hop};
}

// What servers do with keys (the draft's §2.6): one has acted, its answer is lost, and the key
// comes again. For F37-reuse it came before, with another body.
Natures keyed(std::string_view fault, bool keyed, int attempt) {
  if (fault == "F37-required") return {keyed ? whole(201) : status(400)};
  if (attempt == 1) return {lost()};
  if (fault == "F37-forgets" && attempt == 2) return {lost()};
  if (fault == "F37-in-progress" && attempt <= 3) return {status(409)};
  if (fault == "F37-reuse") return {status(422)};
  return {whole(201)};
}

Natures of_the_proxy(std::string_view fault, const Way& way) {
  const bool refused = way.tls != 0;  // CONNECT: nothing of the request was sent
  const auto answered = [&](int code, std::optional<long> hint = {}) {
    Nature nature = status(code, hint);
    nature.read = false;
    if (refused) {
      nature = not_sent(code == 407 ? Persistence::never : Persistence::transient);
      nature.hint = hint;
    }
    return Natures{nature};
  };
  if (fault == "F44-407") return answered(407);
  if (fault == "F44-502" || fault == "F44-502-proxy-status") return answered(502);
  if (fault == "F44-503-retry-after") return answered(503, 1);
  return {refused ? not_sent() : lost_unread()};
}

// The server has acted and keeps its answer, whatever it is: the key brings that very answer again.
bool is_kept(std::string_view fault) {
  return fault == "F30-garbage" || fault == "F30-truncated" || fault.substr(0, 7) == "F36-500" ||
         fault == "F36-502" || fault == "F36-504";
}

Nature served() {
  return whole(200, "served");
}

}  // namespace

Natures natures_of(std::string_view fault, const Meeting& meeting, int attempt) {
  const Way& way = meeting.way;
  if (fault == "F35-30-hops") return {redirect(302)};  // 20 are followed
  if (fault == "F35-303") return redirected(attempt, 303, whole());
  if (fault == "F35-307") return redirected(attempt, 307, whole());
  if (fault == "F35-other-host") return redirected(attempt, 302, whole());
  if (fault == "F35-retry-after") return redirected(attempt, 302, whole(), 1);
  if (fault == "F35-307-dead")
    return redirected(attempt, 307, way.plain_proxy() ? bad_gateway() : not_sent());
  if (fault == "F35-to-http") {
    Nature insecure = redirect(302);
    insecure.insecure = true;
    return {insecure};
  }
  if (fault.substr(0, 3) == "F37") return keyed(fault, meeting.keyed, attempt);
  if (fault.substr(0, 3) == "F18") return {served()};
  const Nature well = meeting.keyed ? whole(200, std::nullopt) : served();
  if (fault == "F14-417" && attempt > 1) return {well};  // it goes without Expect
  if (fault == "F38-nth" && attempt % 3 == 0) return {well};
  // The server reads no further on that connection, and does not say so: its end may not have come
  // yet when the next attempt takes it out of the pool.
  if (fault == "F13-503-drain" && attempt > 1)
    return {attempt > meeting.struck ? well : status(503), lost_unread()};
  if (attempt > meeting.struck && !(meeting.keyed && is_kept(fault))) return {well};
  if (fault == "F38-random") return {well, status(503)};
  if (fault.substr(0, 3) == "F44") return of_the_proxy(fault, way);
  if (fault == "F1-refused") {
    return {way.plain_proxy() ? bad_gateway() : not_sent()};
  }
  if (fault == "F3-fin" || fault == "F4-rst") return {way.tls != 0 ? not_sent() : lost_unread()};
  if (fault == "F4-rst-at-once") {
    if (way.tls != 0) return {not_sent()};
    if (way.proxy) return {lost_unread()};
    return {not_sent(), lost_unread()};
  }
  if (fault == "F13-413-close") {
    return {status(413), lost()};  // the reset may overtake the answer
  }
  const auto found = everywhere().find(fault);
  if (found == everywhere().end())
    throw std::logic_error("no nature is known of " + std::string(fault));
  return {found->second};
}

}  // namespace conformance
