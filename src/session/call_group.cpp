#include "session/call_group.hpp"

#include <algorithm>
#include <new>
#include <optional>

#include <boost/intrusive/set.hpp>
#include <redial/policy/host_gate.hpp>

#include "session/call_owner.hpp"
#include "session/http_call.hpp"
#include "session/session_access.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// How long one loop may keep the thread while calls are on several.
constexpr Duration k_turn = std::chrono::milliseconds(1);

// Of a call about which nothing is known any more.
CallReport doubtful() {
  CallReport report;
  report.stop_reason = StopReason::cancelled;
  report.outcome = CallOutcome::in_doubt;
  report.resend = Resend::unsafe;
  return report;
}

bool is_parked(const HttpCall& call) {
  const auto wait = call.wait();
  return wait && (wait->has_begun || wait->by == HostGate::k_reason);
}

// The hook by which a call that waits stands in its lane's line: no memory beside its own.
using DueHook =
    boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>,
                                    boost::intrusive::link_mode<boost::intrusive::normal_link>>;

}  // namespace

/// What the group knows of a call. It is told, and the call is taken from its lane, when the call's
/// construction fails too: its destructor comes after the call's.
struct CallGroup::Member : CallOwner, DueHook {
  explicit Member(CallGroup& owner) : lane(owner.nowhere_.get()) {}
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  ~Member() override {
    leave();
    forget_stop();
  }

  std::shared_ptr<EventLoop> move_to(const std::shared_ptr<Transport>& transport) override;
  void attempt_over() noexcept override;
  void stop_requested() noexcept override;
  Entry& entry() noexcept;
  void look_at(SteadyTime time);
  void no_due();
  void leave();
  void forget_stop() noexcept;
  void note_sending(bool now);
  void note_parked(bool now);

  CallGroup& group() const noexcept;

  Lane* lane;        // never null: it also says which group this is
  SteadyTime due{};  // while `in_line`
  Entry* next_stopped = nullptr;
  bool in_line = false;
  bool ready = false;
  bool sending = false;
  bool parked = false;
  bool left = false;  // an exception has ended it
  std::atomic<bool> stop_told = false;
};

/// One call.
struct CallGroup::Entry final : Member {
  Entry(CallGroup& owner, CallPlan plan, Done when_done)
      : Member(owner), done(std::move(when_done)), call(std::move(plan), this) {}

  Done done;
  std::list<Entry>::iterator self;
  HttpCall call;
};

/// The calls on one transport.
struct CallGroup::Lane {
  struct ByDue {
    using type = SteadyTime;
    const SteadyTime& operator()(const Member& member) const { return member.due; }
  };
  using Dues = boost::intrusive::multiset<Member, boost::intrusive::key_of_value<ByDue>,
                                          boost::intrusive::constant_time_size<false>>;

  explicit Lane(CallGroup& owner) : group(owner) {}
  Lane(CallGroup& owner, std::shared_ptr<Transport> of)
      : group(owner), transport(std::move(of)), loop(transport->lease()) {}

  CallGroup& group;
  std::shared_ptr<Transport> transport;
  std::shared_ptr<EventLoop> loop;
  SteadyTime first_due() const { return dues.empty() ? SteadyTime::max() : dues.begin()->due; }
  // When another loop, with a clock of its own, has to look at this one.
  SteadyTime due_elsewhere(SteadyTime now_there) const {
    if (dues.empty()) return SteadyTime::max();
    const Duration left = first_due() - loop->now().steady;
    return saturating_add(now_there, std::max(left, Duration::zero()));
  }

  std::size_t calls = 0;
  std::size_t sending = 0;
  Dues dues;
};

CallGroup& CallGroup::Member::group() const noexcept {
  return lane->group;
}

CallGroup::Entry& CallGroup::Member::entry() noexcept {
  return static_cast<Entry&>(*this);
}

void CallGroup::Member::attempt_over() noexcept {
  group().make_ready(entry());
}

void CallGroup::Member::stop_requested() noexcept {
  {
    const std::lock_guard lock(group().mutex_);
    stop_told = true;
    next_stopped = std::exchange(group().stopped_, &entry());
    group().any_stopped_ = true;
  }
  group().wake();
}

void CallGroup::Member::forget_stop() noexcept {
  if (!stop_told) return;
  const std::lock_guard lock(group().mutex_);
  for (Entry** at = &group().stopped_; *at != nullptr; at = &(*at)->next_stopped) {
    if (*at != &entry()) continue;
    *at = next_stopped;
    return;
  }
}

std::shared_ptr<EventLoop> CallGroup::Member::move_to(const std::shared_ptr<Transport>& transport) {
  leave();
  lane = &group().lane_of(transport);
  ++lane->calls;
  return lane->loop;
}

// An earlier look than needed does no harm, so a due time only ever moves forward in time by being
// reached: a call that ends in time costs one insertion.
void CallGroup::Member::look_at(SteadyTime time) {
  if (in_line && due <= time) return;
  no_due();
  if (time == SteadyTime::max()) return;
  due = time;
  in_line = true;
  lane->dues.insert(*this);
}

void CallGroup::Member::no_due() {
  if (std::exchange(in_line, false)) lane->dues.erase(lane->dues.iterator_to(*this));
}

void CallGroup::Member::leave() {
  no_due();
  Lane* const nowhere = group().nowhere_.get();
  if (lane == nowhere) return;
  note_sending(false);
  note_parked(false);
  --lane->calls;
  lane = nowhere;
}

void CallGroup::Member::note_sending(bool now) {
  if (sending == now) return;
  sending = now;
  const std::size_t change = now ? 1 : static_cast<std::size_t>(-1);
  lane->sending += change;
  group().sending_ += change;
}

void CallGroup::Member::note_parked(bool now) {
  if (parked == now) return;
  parked = now;
  group().parked_ += now ? 1 : static_cast<std::size_t>(-1);
}

CallGroup::CallGroup(Session& session)
    : session_(session),
      nowhere_(std::make_unique<Lane>(*this)),
      no_memory_(ErrorKind::local, "out of memory", doubtful(), std::nullopt,
                 std::make_exception_ptr(std::bad_alloc())) {}

CallGroup::~CallGroup() {
  over_ = true;
  try {
    cancel_all();
    while (!entries_.empty() || !ready_.empty()) run();
  } catch (...) {  // a transport that throws: there is nothing more to wait for
  }
  entries_.clear();
  ready_.clear();
}

void CallGroup::add(Request request, std::shared_ptr<const RequestOptions> options, Done done,
                    const std::optional<IdempotencyKey>& key) {
  auto plan = options ? SessionAccess::plan(session_, std::move(request), std::move(options), key)
                      : SessionAccess::plan(session_, std::move(request));
  if (!plan) return refuse(std::move(plan).error(), std::move(done));
  add(*std::move(plan), std::move(done));
}

CallGroup::CallId CallGroup::add(CallPlan plan, Done done) {
  try {
    entries_.emplace_back(*this, std::move(plan), done);
  } catch (const NoLoop& error) {
    refuse(Error(error), std::move(done));
    return nullptr;
  }
  Entry& entry = entries_.back();
  entry.self = std::prev(entries_.end());
  make_ready(entry);
  return &entry;
}

void CallGroup::refuse(Error error, Done done) {
  refused_.emplace_back(std::move(done), std::move(error));
}

void CallGroup::detach(CallId call) {
  call->done = nullptr;
  call->call.detach();
  make_ready(*call);
}

std::size_t CallGroup::size() const noexcept {
  return entries_.size() + ready_.size() + refused_.size();
}

void CallGroup::each_wait(
    const std::function<void(const CallWait& wait, Duration left)>& see) const {
  for (const std::list<Entry>* const some : {&entries_, &ready_}) {
    for (const Entry& entry : *some) {
      const auto wait = entry.left ? std::nullopt : entry.call.wait();
      if (!wait) continue;
      const bool known = wait->until != SteadyTime::max();
      see(*wait, known ? wait->until - entry.lane->loop->now().steady : k_unlimited);
    }
  }
}

void CallGroup::run(SteadyTime until) {
  while (!refused_.empty()) {
    auto [done, error] = std::move(refused_.front());
    refused_.pop_front();
    if (!over_) done(tl::make_unexpected(std::move(error)));
  }
  take_stopped();
  if (!ready_.empty()) return advance_ready();
  wait(until);
  take_stopped();
  advance_ready();
}

// Nearly always one loop has calls. With several, the ones with something on the wire take turns;
// one whose calls only wait for a time costs nothing but a look at that time.
void CallGroup::wait(SteadyTime until) {
  if (lanes_.size() == 1) {
    if (lanes_.front()->calls > 0) run_loop(*lanes_.front(), until);
    return;
  }
  std::vector<Lane*> lanes;
  for (const auto& lane : lanes_) {
    if (lane->calls > 0) lanes.push_back(lane.get());
  }
  if (lanes.empty()) return;
  std::stable_partition(lanes.begin(), lanes.end(),
                        [](const Lane* lane) { return lane->sending > 0; });
  const auto busy =
      std::count_if(lanes.begin(), lanes.end(), [](const Lane* lane) { return lane->sending > 0; });
  for (std::ptrdiff_t i = 0; i < std::max<std::ptrdiff_t>(busy, 1); ++i) {
    Lane& lane = *lanes[static_cast<std::size_t>(i)];
    const SteadyTime now = lane.loop->now().steady;
    SteadyTime end = busy > 1 ? std::min(until, saturating_add(now, k_turn)) : until;
    for (const Lane* other : lanes) end = std::min(end, other->due_elsewhere(now));
    do {
      run_loop(lane, end);
    } while (busy > 1 && ready_.empty() && lane.loop->now().steady < end);
  }
  for (Lane* lane : lanes) collect_due(*lane);
}

void CallGroup::run_loop(Lane& lane, SteadyTime until) {
  lane.loop->run(std::min(until, lane.first_due()));
  collect_due(lane);
}

void CallGroup::collect_due(Lane& lane) {
  if (lane.dues.empty()) return;
  const SteadyTime now = lane.loop->now().steady;
  while (!lane.dues.empty() && lane.first_due() <= now) {
    Entry& entry = lane.dues.begin()->entry();
    entry.no_due();
    make_ready(entry);
  }
}

void CallGroup::wake() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& lane : lanes_) lane->loop->wake();
}

void CallGroup::cancel(CallId call) {
  call->call.cancel();
  make_ready(*call);
}

void CallGroup::cancel_all() {
  while (!entries_.empty()) cancel(&entries_.front());
  for (auto& entry : ready_) entry.call.cancel();
}

void CallGroup::cancel_unbegun() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    Entry& one = *entry++;  // to be ready it leaves the list
    if (!one.left && !one.call.has_begun()) cancel(&one);
  }
  for (auto& one : ready_) {
    if (!one.left && !one.call.has_begun()) one.call.cancel();
  }
}

CallGroup::Lane& CallGroup::lane_of(const std::shared_ptr<Transport>& transport) {
  for (const auto& lane : lanes_) {
    if (lane->transport == transport) return *lane;
  }
  auto lane = std::make_unique<Lane>(*this, transport);
  const std::lock_guard lock(mutex_);
  return *lanes_.emplace_back(std::move(lane));
}

void CallGroup::make_ready(Entry& entry) noexcept {
  if (std::exchange(entry.ready, true)) return;
  ready_.splice(ready_.end(), entries_, entry.self);
}

void CallGroup::take_stopped() {
  if (!any_stopped_) return;
  const std::lock_guard lock(mutex_);
  any_stopped_ = false;
  while (Entry* const entry = stopped_) {
    stopped_ = std::exchange(entry->next_stopped, nullptr);
    entry->stop_told = false;
    make_ready(*entry);
  }
}

// Only what is ready now: a call that makes itself ready again takes its turn after the loop's.
void CallGroup::advance_ready() {
  for (std::size_t count = ready_.size(); count > 0; --count) {
    Entry& entry = ready_.front();
    entries_.splice(entries_.end(), ready_, entry.self);
    entry.ready = false;
    advance(entry);
  }
}

void CallGroup::advance(Entry& entry) {
  std::optional<SteadyTime> until;
  if (!entry.left) {
    try {
      until = entry.call.advance();
    } catch (...) {
      leave(entry, std::current_exception());
      entry.no_due();
      entry.call.abort();
    }
  }
  const bool goes_on = entry.left ? entry.call.is_aborting() : until.has_value();
  if (!goes_on) return finish(entry);
  entry.note_sending(entry.call.is_sending());
  entry.note_parked(!entry.sending && is_parked(entry.call));
  if (until) entry.look_at(*until);
}

// Kept beside the entry, because hardly any call ends so. Without memory to keep it, that is what
// ended the call.
void CallGroup::leave(Entry& entry, std::exception_ptr cause) noexcept {
  entry.left = true;
  try {
    causes_.emplace(&entry, std::move(cause));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): said above
  }
}

Result<Response> CallGroup::result_of(Entry& entry) {
  if (!entry.left) {
    try {
      return entry.call.result();
    } catch (...) {
      leave(entry, std::current_exception());
    }
  }
  const auto cause = causes_.extract(&entry);
  return tl::make_unexpected(cause.empty() ? no_memory_
                                           : entry.call.left_by(cause.mapped(), no_memory_));
}

void CallGroup::finish(Entry& entry) {
  Result<Response> result = result_of(entry);
  const Done done = std::move(entry.done);
  (entry.ready ? ready_ : entries_).erase(entry.self);
  if (!over_ && done) done(std::move(result));
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
