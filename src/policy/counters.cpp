#include <redial/policy/counters.hpp>

namespace redial {
inline namespace v0 {

Counters::Counters(const Retry& retry) noexcept
    : total_(retry.total),
      connect_(retry.connect),
      read_(retry.read),
      redirect_(retry.redirect),
      status_(retry.status),
      other_(retry.other),
      body_(retry.body),
      redirects_spend_total_(retry.redirects_spend_total) {}

Count* Counters::counter(Cause cause) noexcept {
  switch (cause) {
    case Cause::connect:
      return &connect_;
    case Cause::read:
      return &read_;
    case Cause::status:
      return &status_;
    case Cause::redirect:
      return &redirect_;
    case Cause::body:
      return &body_;
    case Cause::other:
      return &other_;
    case Cause::none:
      break;
  }
  return nullptr;
}

Counters::Spend Counters::spend(Cause cause) noexcept {
  Count* const own = counter(cause);
  Count* const total = cause == Cause::redirect && !redirects_spend_total_ ? nullptr : &total_;
  for (const Count* count : {own, total}) {
    if (count != nullptr && count->is_off()) return Spend::off;
  }
  for (const Count* count : {own, total}) {
    if (count != nullptr && count->is_number() && count->number() <= 0) return Spend::exhausted;
  }
  for (Count* count : {own, total}) {
    if (count != nullptr && count->is_number()) *count = count->number() - 1;
  }
  return Spend::ok;
}

Count Counters::left(Cause cause) const noexcept {
  const Count* const own = const_cast<Counters*>(this)->counter(cause);  // reads only
  return own == nullptr ? total_ : *own;
}

}  // namespace v0
}  // namespace redial
