#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/policy/evidence.hpp>

namespace conformance {

/// Where a call goes: the ways that change what a fault comes to.
struct Way {
  int tls = 0;  ///< 0, 12 or 13
  bool proxy = false;
  bool plain_proxy() const { return proxy && tls == 0; }
};

/// What one struck attempt comes to in truth, seen from the client: written down by hand from what
/// the server does (docs/fault-catalogue.md) and RFC 9110, 9112 and 8446, never from what redial
/// said.
struct Nature {
  redial::Evidence evidence = redial::Evidence::responded;
  /// Of a failure: whether the same again is worth a try.
  redial::Persistence again = redial::Persistence::transient;
  int status = 200;
  redial::BodyVerdict body = redial::BodyVerdict::whole;
  bool redirects = false;                   ///< it has a Location that may be followed
  bool insecure = false;                    ///< from https to http
  std::optional<long> hint = std::nullopt;  ///< seconds that the server asks for
  bool forbids = false;                     ///< it says that another try is pointless
  bool urges = false;                       ///< it says that another try is worth it
  bool unsaid = false;  ///< a 408 on a connection that others had and that stays open: it may be
                        ///< about the time before this request, which then was not turned away
  bool read = true;     ///< the origin's ledger has this request
  std::optional<std::string> content = std::nullopt;  ///< of the body, if it matters
};

/// What the n-th attempt of a call (from 1) may come to. Several: which, is a race that nobody can
/// decide, and the client must be right about each.
using Natures = std::vector<Nature>;

/// How a call meets a fault.
struct Meeting {
  Way way = {};
  int struck = 1;  ///< so many attempts of the call; the rest are served
  bool keyed = false;
};
Natures natures_of(std::string_view fault, const Meeting& meeting, int attempt);

}  // namespace conformance
