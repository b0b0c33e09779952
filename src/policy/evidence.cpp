#include <redial/policy/evidence.hpp>

#include <array>

namespace redial {
inline namespace v0 {
namespace {

struct FaultTraits {
  std::string_view name;
  Cause cause;
  Persistence persistence;
};

// One row a fault, in the order of the enumeration: the only place that knows what a fault is
// worth.
constexpr std::array k_faults{
    FaultTraits{"none", Cause::none, Persistence::transient},
    FaultTraits{"dns_not_found", Cause::connect, Persistence::once},
    FaultTraits{"dns_failure", Cause::connect, Persistence::transient},
    FaultTraits{"connect_refused", Cause::connect, Persistence::transient},
    FaultTraits{"connect_failed", Cause::connect, Persistence::transient},
    FaultTraits{"connect_timeout", Cause::connect, Persistence::transient},
    FaultTraits{"tls_handshake", Cause::other, Persistence::transient},
    FaultTraits{"tls_alert", Cause::other, Persistence::once},
    FaultTraits{"tls_not_tls", Cause::other, Persistence::once},
    FaultTraits{"tls_certificate", Cause::other, Persistence::never},
    FaultTraits{"tls_hostname", Cause::other, Persistence::never},
    FaultTraits{"proxy_unreachable", Cause::connect, Persistence::transient},
    FaultTraits{"proxy_refused", Cause::other, Persistence::transient},
    FaultTraits{"proxy_denied", Cause::other, Persistence::never},
    FaultTraits{"invalid_request", Cause::none, Persistence::never},
    FaultTraits{"local_failure", Cause::none, Persistence::never},
    FaultTraits{"reset", Cause::read, Persistence::transient},
    FaultTraits{"closed", Cause::read, Persistence::transient},
    FaultTraits{"head_cut", Cause::read, Persistence::transient},
    FaultTraits{"head_malformed", Cause::read, Persistence::transient},
    FaultTraits{"head_too_large", Cause::read, Persistence::transient},
    FaultTraits{"attempt_timeout", Cause::read, Persistence::transient},
    FaultTraits{"idle_timeout", Cause::read, Persistence::transient},
    FaultTraits{"upload_failed", Cause::none, Persistence::never},
    FaultTraits{"tls_alert_late", Cause::read, Persistence::once},
    FaultTraits{"body_cut", Cause::body, Persistence::transient},
    FaultTraits{"body_undecodable", Cause::body, Persistence::transient},
    FaultTraits{"body_mismatch", Cause::body, Persistence::transient},
    FaultTraits{"body_too_large", Cause::none, Persistence::never},
    FaultTraits{"sink_failed", Cause::none, Persistence::never},
    FaultTraits{"failed", Cause::none, Persistence::transient},
    FaultTraits{"deadline", Cause::none, Persistence::transient},
    FaultTraits{"cancelled", Cause::none, Persistence::transient},
};
static_assert(k_faults.size() == static_cast<std::size_t>(Fault::cancelled) + 1);

constexpr std::array<std::string_view, 4> k_evidence{"not_sent", "refused", "maybe", "responded"};
constexpr std::array<std::string_view, 6> k_verdicts{"whole",    "cut",       "undecodable",
                                                     "mismatch", "too_large", "sink_failed"};
constexpr std::array<std::string_view, 7> k_causes{"none",     "connect", "read", "status",
                                                   "redirect", "body",    "other"};

}  // namespace

std::string_view to_string(Evidence evidence) noexcept {
  return k_evidence[static_cast<std::size_t>(evidence)];
}
std::string_view to_string(BodyVerdict verdict) noexcept {
  return k_verdicts[static_cast<std::size_t>(verdict)];
}
std::string_view to_string(Fault fault) noexcept {
  return k_faults[static_cast<std::size_t>(fault)].name;
}
std::string_view to_string(Cause cause) noexcept {
  return k_causes[static_cast<std::size_t>(cause)];
}
Cause cause_of(Fault fault) noexcept {
  return k_faults[static_cast<std::size_t>(fault)].cause;
}
Fault proxy_fault_of(int status) noexcept {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return Fault::proxy_refused;
    default:
      return Fault::proxy_denied;
  }
}
Persistence persistence_of(Fault fault) noexcept {
  return k_faults[static_cast<std::size_t>(fault)].persistence;
}

}  // namespace v0
}  // namespace redial
