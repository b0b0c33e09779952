#include "session/call_group.hpp"

#include <algorithm>
#include <optional>

#include <boost/intrusive/set.hpp>

#include "session/call_owner.hpp"
#include "session/http_call.hpp"
#include "session/session_access.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// How long one loop may keep the thread while calls are on several.
constexpr Duration k_turn = std::chrono::milliseconds(1);

// The hook by which a call that waits stands in its lane's line: no memory beside its own.
using DueHook =
    boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>,
                                    boost::intrusive::link_mode<boost::intrusive::normal_link>>;

}  // namespace

/// One call, and what the group knows of it.
struct CallGroup::Entry final : CallOwner, DueHook {
  Entry(CallGroup& owner, CallPlan plan, Done when_done)
      : group(owner), done(std::move(when_done)), call(std::move(plan), this) {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() override {
    call.forget_stop();
    leave();
    // An attempt may end while it is being started (over TLS, with an answer that is there
    // already): then the call stands in the line for what has just been done.
    if (ready) std::erase(group.ready_, this);
    if (!stop_told) return;
    const std::lock_guard lock(group.mutex_);
    std::erase(group.stopped_, this);
  }

  std::shared_ptr<EventLoop> move_to(const std::shared_ptr<Transport>& transport) override;
  void attempt_over() noexcept override { group.make_ready(*this); }
  void stop_requested() noexcept override {
    {
      const std::lock_guard lock(group.mutex_);
      stop_told = true;
      group.stopped_.push_back(this);
      group.any_stopped_ = true;
    }
    group.wake();
  }
  void look_at(SteadyTime time);
  void no_due();
  void leave();
  void note_sending(bool now);

  CallGroup& group;
  Done done;
  Lane* lane = nullptr;
  SteadyTime due{};  // while `in_line`
  std::list<Entry>::iterator self;
  bool in_line = false;
  bool ready = false;
  bool sending = false;
  std::atomic<bool> stop_told = false;
  HttpCall call;  // last: its constructor asks for a loop
};

/// The calls on one transport.
struct CallGroup::Lane {
  struct ByDue {
    using type = SteadyTime;
    const SteadyTime& operator()(const Entry& entry) const { return entry.due; }
  };
  using Dues = boost::intrusive::multiset<Entry, boost::intrusive::key_of_value<ByDue>,
                                          boost::intrusive::constant_time_size<false>>;

  explicit Lane(std::shared_ptr<Transport> of)
      : transport(std::move(of)), loop(transport->lease()) {}

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

std::shared_ptr<EventLoop> CallGroup::Entry::move_to(const std::shared_ptr<Transport>& transport) {
  leave();
  lane = &group.lane_of(transport);
  ++lane->calls;
  return lane->loop;
}

// An earlier look than needed does no harm, so a due time only ever moves forward in time by being
// reached: a call that ends in time costs one insertion.
void CallGroup::Entry::look_at(SteadyTime time) {
  if (in_line && due <= time) return;
  no_due();
  if (time == SteadyTime::max()) return;
  due = time;
  in_line = true;
  lane->dues.insert(*this);
}

void CallGroup::Entry::no_due() {
  if (std::exchange(in_line, false)) lane->dues.erase(lane->dues.iterator_to(*this));
}

void CallGroup::Entry::leave() {
  no_due();
  if (lane == nullptr) return;
  note_sending(false);
  --lane->calls;
  lane = nullptr;
}

void CallGroup::Entry::note_sending(bool now) {
  if (sending == now) return;
  sending = now;
  const std::size_t change = now ? 1 : static_cast<std::size_t>(-1);
  lane->sending += change;
  group.sending_ += change;
}

CallGroup::CallGroup(Session& session) : session_(session) {}

CallGroup::~CallGroup() {
  over_ = true;
  try {
    cancel_all();
    while (!entries_.empty()) run();
  } catch (...) {  // a transport that throws: there is nothing more to wait for
  }
  entries_.clear();
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
  return entries_.size() + refused_.size();
}

void CallGroup::each_wait(
    const std::function<void(const CallWait& wait, Duration left)>& see) const {
  for (const Entry& entry : entries_) {
    const auto wait = entry.call.wait();
    if (!wait) continue;
    const bool known = wait->until != SteadyTime::max();
    see(*wait, known ? wait->until - entry.lane->loop->now().steady : k_unlimited);
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
    Entry& entry = *lane.dues.begin();
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
  for (auto& entry : entries_) cancel(&entry);
}

CallGroup::Lane& CallGroup::lane_of(const std::shared_ptr<Transport>& transport) {
  for (const auto& lane : lanes_) {
    if (lane->transport == transport) return *lane;
  }
  auto lane = std::make_unique<Lane>(transport);
  const std::lock_guard lock(mutex_);
  return *lanes_.emplace_back(std::move(lane));
}

void CallGroup::make_ready(Entry& entry) {
  if (std::exchange(entry.ready, true)) return;
  ready_.push_back(&entry);
}

void CallGroup::take_stopped() {
  if (!any_stopped_) return;
  const std::lock_guard lock(mutex_);
  any_stopped_ = false;
  for (Entry* const entry : stopped_) make_ready(*entry);
  stopped_.clear();
}

// Only what is ready now: a call that makes itself ready again takes its turn after the loop's.
void CallGroup::advance_ready() {
  for (std::size_t count = ready_.size(); count > 0; --count) {
    Entry& entry = *ready_.front();
    ready_.pop_front();
    entry.ready = false;
    advance(entry);
  }
}

void CallGroup::advance(Entry& entry) {
  const auto until = entry.call.advance();
  if (!until) return finish(entry);
  entry.note_sending(entry.call.is_sending());
  entry.look_at(*until);
}

void CallGroup::finish(Entry& entry) {
  Result<Response> result = entry.call.result();
  const Done done = std::move(entry.done);
  entries_.erase(entry.self);
  if (!over_ && done) done(std::move(result));
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
