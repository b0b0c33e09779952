#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <redial/redial.hpp>

#include "busy.hpp"
#include "job.hpp"
#include "waits.hpp"

namespace redial::cli {

/// The calls of a batch on one event loop or on several, for an owner with one thread: however many
/// there are, it is told of each end on its own thread, from inside `run`.
///
/// One loop runs on the owner's thread, without any other. Of several each has a thread of its own,
/// and the owner's only hands calls out, to the loop with the fewest, and takes results in. While
/// they are busy nearly all the time one more is added, up to the most that are allowed; the first
/// then moves to a thread as it is, its calls and connections with it.
///
/// Errors: what a loop's thread throws comes out of `run`. Thread safety: one thread, but for
/// `wake`. The session must outlive it. The destructor cancels what is left, waits until nothing is
/// on the wire and tells nobody.
class Loops {
 public:
  struct Options {
    std::size_t first = 1;  ///< loops at the beginning
    std::size_t most = 1;
    /// Whether all loops are too busy, asked after each `run`; null: by what their threads use of a
    /// processor.
    std::function<bool()> busy = {};
  };
  /// What was begun as `slot` is over. What it throws comes out of `run`.
  using Done = std::function<void(std::size_t slot, Result<Response> result)>;

  Loops(Session& session, Options options, Done done);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops();

  /// Begins a call, soon.
  void add(std::size_t slot, JobCall call);
  /// Tells who is over; when nobody is, waits for that, for `wake` or for `until`.
  void run(SteadyTime until);
  /// Ends a `run` under way, or the next one. From any thread.
  void wake() noexcept;
  /// Every call ends as `cancelled` or `in_doubt`, soon.
  void cancel_all();
  /// The same for those of which nothing was sent yet.
  void cancel_unbegun();

  /// Calls whose end was not told.
  std::size_t size() const noexcept { return size_; }
  /// Of these, the ones that needed nobody's place when their loop was last seen
  /// (`CallGroup::parked`).
  std::size_t parked();
  std::size_t count() const noexcept { return workers_.empty() ? 1 : workers_.size(); }
  /// What they wait for just now.
  Waits waits();

 private:
  struct Ended {
    std::size_t slot;
    std::size_t loop;
    Result<Response> result;
  };
  struct Lane;
  class Worker;

  void run_own(SteadyTime until);
  void run_workers(SteadyTime until);
  void tell(std::vector<Ended> ended);
  void give(std::vector<Ended>& ended);
  void note_parked(std::size_t before, std::size_t now);
  void fail(std::exception_ptr error);
  void spread();
  void add_worker(std::unique_ptr<Lane> lane);
  bool are_busy();

  Session& session_;
  const Options options_;
  const Done done_;
  std::size_t size_ = 0;
  std::vector<std::size_t> calls_;  // of each worker
  Busy own_busy_;
  SteadyTime look_at_{};  // whether they are busy

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::unique_ptr<Lane> own_;  // while there is one loop; changed by the owner's thread alone
  std::vector<Ended> ended_;
  std::size_t parked_ = 0;  // on the workers
  bool woken_ = false;
  std::exception_ptr failure_;

  std::vector<std::unique_ptr<Worker>> workers_;  // last: their threads use all of it
};

}  // namespace redial::cli
