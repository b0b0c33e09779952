#include "oracle.hpp"

#include <algorithm>
#include <set>

namespace conformance {
namespace {

using namespace redial;

Nature pick(const Natures& natures, std::size_t attempt, const std::vector<AttemptReport>& said) {
  if (attempt < said.size()) {
    for (const auto& nature : natures) {
      if (nature.evidence == said[attempt].evidence && nature.status == said[attempt].status)
        return nature;
    }
  }
  return natures.front();
}

bool is_in(int status, const std::set<int>& statuses) {
  return statuses.count(status) > 0;
}

class Judge {
 public:
  explicit Judge(const Asked& asked) : asked_(asked), now_(asked) {}

  // True: another attempt follows.
  bool after(const Nature& nature) {
    verdict_.evidence.push_back(nature.evidence);
    verdict_.happened.push_back(nature);
    note(nature);
    switch (nature.evidence) {
      case Evidence::not_sent:
      case Evidence::refused:
        return is_worth_it(nature) ? retry(nature) : stop(StopReason::permanent_error);
      case Evidence::maybe:
        return after_loss(nature);
      case Evidence::responded:
        return after_answer(nature);
    }
    return false;
  }

  Verdict verdict() {
    if (verdict_.stop == StopReason::succeeded) {
      verdict_.outcome = CallOutcome::ok;
    } else if (doubt_) {
      verdict_.outcome = CallOutcome::in_doubt;
    } else if (hint_ > 0) {
      verdict_.outcome = CallOutcome::later;
    }
    if (!further_ || asked_.idempotent) {
      verdict_.resend = Resend::safe;
    } else if (asked_.keyed) {
      verdict_.resend = Resend::same_key;
    }
    return verdict_;
  }

 private:
  bool may_repeat() const { return now_.idempotent || now_.keyed; }

  bool stop(StopReason why) {
    verdict_.stop = why;
    return false;
  }

  // §4: what leaves doubt, and what ends it; §4: how far the request got.
  void note(const Nature& nature) {
    hint_ = nature.hint.value_or(0);
    if (nature.evidence == Evidence::maybe) {
      further_ = true;
      doubt_ = doubt_ || !now_.idempotent;
    }
    if (nature.evidence != Evidence::responded) return;
    const int kind = nature.status / 100;
    further_ = further_ || kind != 4 || (nature.status == 417 && !now_.expects) || nature.unsaid;
    const bool whole = nature.body == BodyVerdict::whole;
    const bool done = (kind == 2 || kind == 3) && whole;
    const bool refused = kind == 4 && !is_in(nature.status, {408, 409, 421, 422, 425, 429});
    if (done || refused) {
      doubt_ = false;
    } else if (is_in(nature.status, {502, 504}) || kind == 2 || kind == 3) {
      doubt_ = doubt_ || !now_.idempotent;
    }
  }

  // Some failures are for good, some are worth one more try in a call.
  bool is_worth_it(const Nature& nature) {
    if (nature.again == Persistence::never) return false;
    const bool spent = nature.again == Persistence::once && once_;
    once_ = once_ || nature.again == Persistence::once;
    return !spent;
  }

  bool after_loss(const Nature& nature) {
    if (!is_worth_it(nature)) return stop(StopReason::permanent_error);
    if (!may_repeat()) return stop(StopReason::in_doubt);
    return retry(nature);
  }

  bool after_answer(const Nature& nature) {
    const int status = nature.status;
    std::set<int> worth{408, 425, 429, 500, 502, 503, 504};
    if (nature.hint) worth.insert(413);  // RFC 9110 §15.5.14: it will pass
    if (now_.keyed) worth.insert(409);   // the first request with this key is under way
    if (nature.urges) worth.insert(status);
    if (nature.body == BodyVerdict::too_large) return stop(StopReason::permanent_error);
    if (nature.body != BodyVerdict::whole) {
      if (!may_repeat()) return stop(StopReason::body_lost);
      return retry(nature);
    }
    if (nature.redirects) return follow(nature);
    if (status == 421 && !misdirected_) return misdirected_ = true, retry(nature);
    if (status == 417 && now_.expects) return now_.expects = false, retry(nature);
    if (status == 425 && early_) return stop(StopReason::permanent_status);
    early_ = early_ || status == 425;
    if (!is_in(status, worth))
      return stop(status < 400 ? StopReason::succeeded : StopReason::permanent_status);
    if (nature.forbids) return stop(StopReason::server_forbids);
    const bool turned_away = is_in(status, {408, 425, 429}) && !nature.unsaid;
    if (!turned_away && !may_repeat()) return stop(StopReason::not_idempotent);
    return retry(nature);
  }

  // §3: 301, 302: POST becomes GET; 303: everything does; 307, 308 keep it.
  bool follow(const Nature& nature) {
    if (nature.insecure) return stop(StopReason::redirect_refused);
    if (hops_ == 20) return stop(StopReason::too_many_redirects);
    ++hops_;
    if (nature.status == 303 || (nature.status == 302 && asked_.post)) {
      now_.idempotent = true;
      now_.keyed = false;
    }
    return true;
  }

  bool retry(const Nature& nature) {
    if (retries_ == asked_.retries) return stop(StopReason::attempts_exhausted);
    ++retries_;
    if (nature.hint.value_or(0) >= asked_.deadline) return stop(StopReason::retry_after_too_long);
    return true;
  }

  const Asked asked_;
  Asked now_;  // what goes out next, after redirects
  Verdict verdict_;
  int retries_ = 0;
  int hops_ = 0;
  long hint_ = 0;
  bool doubt_ = false;
  bool further_ = false;
  bool once_ = false;
  bool misdirected_ = false;
  bool early_ = false;
};

}  // namespace

Verdict judge(const Asked& asked, const std::function<Natures(int attempt)>& natures,
              const std::vector<AttemptReport>& said) {
  Judge judge(asked);
  for (int attempt = 1; attempt <= 100; ++attempt) {
    if (!judge.after(pick(natures(attempt), static_cast<std::size_t>(attempt) - 1, said))) break;
  }
  return judge.verdict();
}

}  // namespace conformance
