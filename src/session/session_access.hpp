#pragma once

#include <memory>
#include <optional>

#include <redial/session/session.hpp>

#include "session/http_call.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// The way from a session to calls that something else than its own methods drives.
/// Exported for the command, which may be linked to the shared library.
struct REDIAL_EXPORT SessionAccess {
  /// The complete call: defaults merged, body encoded, key made. Keeps the options; borrows the
  /// session, which must outlive the call. `key`: in place of the options', which many calls may
  /// share. The error says what makes no sense.
  static Result<CallPlan> plan(Session& session, Request request,
                               std::shared_ptr<const RequestOptions> options,
                               const std::optional<IdempotencyKey>& key = std::nullopt);
  /// The same with the request's own options.
  static Result<CallPlan> plan(Session& session, Request request);
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
