#include "retry_command.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "json_view.hpp"
#include "result_lines.hpp"
#include "result_row.hpp"
#include "run_command.hpp"
#include "same_file.hpp"
#include "session/session_access.hpp"
#include "shell_quoted.hpp"
#include "where.hpp"

namespace redial::cli {
namespace {

/// What a result line says about sending its job again.
struct Verdict {
  std::string outcome, resend, reason, key, method, url, digest;
  std::optional<WallTime> first;     ///< when it was first sent
  std::optional<WallTime> retry_at;  ///< until then its server wants to be left alone
  bool chosen = false;               ///< by --where, or there was none
  bool taken = false;                ///< is sent again
  bool named = false;                ///< by its id
  bool in_jobs = false;              ///< its job is in the jobs file

  bool waits() const { return retry_at && *retry_at > std::chrono::system_clock::now(); }
  bool may_repeat() const {
    return outcome != "in_doubt" && (resend == "safe" || (resend == "same_key" && !key.empty()));
  }
};

/// The results that did not end well, by id. A later line about a job replaces an earlier one.
class Results {
 public:
  Results(const std::string& path, const std::vector<std::string>& where)
      : name_(path == "-" ? "standard input" : path) {
    for (const auto& text : where) where_.emplace_back(text);
    const File file = open_results(path, name_);
    each_result_line(file, name_, [this](const Line& line) { take(line); });
  }

  std::unordered_map<std::string, Verdict>& open() noexcept { return open_; }
  bool ended_well(const std::string& id) const { return ok_.contains(id); }
  bool has(const std::string& id) const { return open_.contains(id) || ended_well(id); }

 private:
  static std::optional<WallTime> first_of(JsonView times) {
    std::optional<WallTime> first;
    if (!times.is(JsonView::Kind::object)) return first;
    times.members([&](JsonView key, JsonView value) {
      if (key.raw() == "\"first\"" && value.is(JsonView::Kind::string))
        first = parse_utc(value.string());
    });
    return first;
  }

  void take(const Line& line) {
    try {
      const JsonView result = JsonView::parse(line.text);
      std::string id;
      Verdict verdict;
      const auto text = [](JsonView value) {
        return value.is(JsonView::Kind::string) ? value.string() : std::string();
      };
      if (result.is(JsonView::Kind::object)) {
        result.members([&](JsonView key, JsonView value) {
          const std::string_view name = key.raw();
          if (name == "\"id\"") id = text(value);
          if (name == "\"outcome\"") verdict.outcome = text(value);
          if (name == "\"resend\"") verdict.resend = text(value);
          if (name == "\"stop_reason\"") verdict.reason = text(value);
          if (name == "\"key\"") verdict.key = text(value);
          if (name == "\"method\"") verdict.method = text(value);
          if (name == "\"url\"") verdict.url = text(value);
          if (name == "\"digest\"") verdict.digest = text(value);
          if (name == "\"retry_at\"") verdict.retry_at = parse_utc(text(value));
          if (name == "\"t\"") verdict.first = first_of(value);
        });
      }
      if (id.empty() || verdict.outcome.empty() || verdict.resend.empty())
        throw JsonError(0, "not a result line of redial run");
      if (verdict.outcome == "ok") {
        ok_.add(id);
        open_.erase(id);
        return;
      }
      verdict.chosen = std::all_of(where_.begin(), where_.end(),
                                   [&](const Where& one) { return one.matches(result); });
      open_[id] = std::move(verdict);
    } catch (const JsonError& error) {
      throw UsageError(place(name_, line, error.offset, error.what()));
    }
  }

  std::string name_;
  std::vector<Where> where_;
  std::unordered_map<std::string, Verdict> open_;
  IdSet ok_;
};

void take_named(Results& results, const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    const auto found = results.open().find(id);
    if (found != results.open().end()) {
      found->second.taken = found->second.named = true;
    } else if (results.ended_well(id)) {
      throw UsageError("job " + printable(id) + " ended ok: it is not sent again");
    } else {
      throw UsageError("job " + printable(id) + " has no result line");
    }
  }
}

void take_failed(Results& results) {
  for (auto& [id, verdict] : results.open()) {
    if (verdict.chosen && verdict.may_repeat() && !verdict.waits()) verdict.taken = true;
  }
}

// Whether the server may have forgotten the key since.
bool key_is_over(const Job& job, const Verdict& verdict, Session& session,
                 const RunOptions& options) {
  if (verdict.resend != "same_key") return false;
  JobCall call = options.call_of(Job(job));
  const auto plan = detail::SessionAccess::plan(
      session, std::move(call.request), std::move(call.options), IdempotencyKey(verdict.key));
  if (!plan || plan->key_lifetime == k_unlimited) return false;
  return !verdict.first || std::chrono::system_clock::now() - *verdict.first >= plan->key_lifetime;
}

// The job that is about to be sent again has to be the one that the result is about.
void recognise(const Job& job, Results& results, const std::vector<std::string>& secrets,
               Session& session, const RunOptions& options) {
  const auto found = results.open().find(job.id);
  if (found == results.open().end()) return;
  Verdict& verdict = found->second;
  verdict.in_jobs = true;
  if (!verdict.taken) return;
  if (verdict.method != job.request.method || verdict.url != job.request.url.redacted(secrets)) {
    throw UsageError("job " + printable(job.id) + " (line " + std::to_string(job.line) +
                     ") is another call than its result line is about: " + verdict.method + " " +
                     verdict.url);
  }
  if (job.digest && !verdict.digest.empty() &&
      verdict.digest != fmt::format("{:04x}", *job.digest)) {
    throw UsageError("line " + std::to_string(job.line) +
                     " is not the one any more that the result of job " + printable(job.id) +
                     " is about: a job without an id is known by its line, which must stay");
  }
  if (!verdict.named && key_is_over(job, verdict, session, options)) {
    verdict.taken = false;
    verdict.reason += "; its key's lifetime is over";
  }
}

/// The jobs without a result line.
class Untold {
 public:
  void see(const Job& job, const Results& results) {
    const bool has_result = results.has(job.id);
    if (!has_result) {
      ++count_;
      // Up to here from the one before, when that has none either: what lies between holds no job.
      const std::uint64_t first = follows_ ? last_ + 1 : job.line;
      lines_ ? lines_->append(first, job.line) : void(lines_.emplace(std::to_string(job.line)));
      last_ = job.line;
    }
    follows_ = !has_result;
  }
  std::uint64_t count() const noexcept { return count_; }
  void tell(const RunFlags& flags) const {
    if (count_ == 0) return;
    constexpr std::size_t k_longest = 1000;  // of a list that anyone would type
    std::string lines = lines_->text();
    if (lines.size() <= k_longest) {
      lines = "; once you know which, this sends the others:\n" +
              next_line("run " + shell_quoted(flags.jobs) + flags.input.text() + " --lines " +
                            lines + " -o NEW.jsonl",
                        flags);
    } else {
      lines = "; the first is on line " + lines.substr(0, lines.find_first_of(",-")) + "\n";
    }
    std::fprintf(stderr,
                 "redial: %" PRIu64
                 " jobs have no result: never sent, or under way when the run ended%s",
                 count_, lines.c_str());
  }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t last_ = 0;
  bool follows_ = false;
  std::optional<LineRanges> lines_;
};

// Returns the exit code that they come to.
int list_waiting(Results& results) {
  std::map<std::string, const Verdict*> left;
  for (const auto& [id, verdict] : results.open()) {
    if (verdict.chosen && !verdict.taken && verdict.may_repeat() && verdict.waits())
      left.emplace(id, &verdict);
  }
  if (left.empty()) return k_ok;
  std::fprintf(stderr, "redial: %zu jobs wait, as their server asked:\n", left.size());
  for (const auto& [id, verdict] : left) {
    std::string when;
    append_utc(when, *verdict->retry_at);
    std::fprintf(stderr, "  %s  not before %s  %s %s\n", printable(id).c_str(), when.c_str(),
                 verdict->method.c_str(), verdict->url.c_str());
  }
  return k_later;
}

// The same.
int list_left_out(Results& results) {
  std::map<std::string, const Verdict*> left;
  for (const auto& [id, verdict] : results.open()) {
    if (verdict.chosen && !verdict.taken && !(verdict.may_repeat() && verdict.waits()))
      left.emplace(id, &verdict);
  }
  if (left.empty()) return k_ok;
  std::fprintf(
      stderr,
      "redial: %zu %s not sent again by %s; find out what happened, and name the ones to send "
      "again:\n",
      left.size(), left.size() == 1 ? "job is" : "jobs are",
      left.size() == 1 ? "itself" : "themselves");
  for (const auto& [id, verdict] : left) {
    std::fprintf(stderr, "  %s  %s, resend %s (%s)  %s %s\n", printable(id).c_str(),
                 verdict->outcome.c_str(), verdict->resend.c_str(), verdict->reason.c_str(),
                 verdict->method.c_str(), verdict->url.c_str());
  }
  const bool in_doubt = std::any_of(
      left.begin(), left.end(), [](const auto& one) { return one.second->outcome == "in_doubt"; });
  return in_doubt ? k_in_doubt : k_failed;
}

}  // namespace

int run_retry(const RunFlags& flags, const Interrupt& interrupt) {
  if (!flags.failed && flags.ids.empty())
    throw UsageError("retry: say --failed, or name the jobs to send again");
  if (!flags.where.empty() && !flags.failed) throw UsageError("--where: needs --failed");
  if (flags.jobs == "-")
    throw UsageError("retry: the jobs must be in a file (run --save-jobs FILE)");
  const bool append = same_file(flags.output, flags.results);
  const auto output_options =
      output_of(flags, append ? ResultFile::There::append : ResultFile::There::keep_as_bak);
  RunOutput::check(output_options);

  Results results(flags.results, flags.where);
  if (flags.failed) take_failed(results);
  take_named(results, flags.ids);
  std::vector<std::string> secrets = default_secret_query_names();
  secrets.insert(secrets.end(), flags.call.redact.begin(), flags.call.redact.end());
  CallSetup setup = checked_setup(flags);
  const RunOptions options(setup.options);
  Session session = make_session(setup);
  std::optional<CheckProgress> progress(flags);
  Untold untold;
  JobFile jobs(flags.jobs, {.format = JobFormat(flags.input)}, interrupt,
               progress->each([&](const Job& job) {
                 recognise(job, results, secrets, session, options);
                 // Of one without a result nobody knows whether --where would choose it.
                 if (flags.failed && flags.where.empty()) untold.see(job, results);
               }));
  progress.reset();
  std::uint64_t count = 0;
  for (const auto& [id, verdict] : results.open()) {
    if (!verdict.taken) continue;
    if (!verdict.in_jobs) throw UsageError("job " + printable(id) + " is not in " + flags.jobs);
    ++count;
  }
  // One under way when a run was killed may have happened.
  int left = untold.count() > 0 ? k_in_doubt : k_ok;
  if (flags.failed) {
    left = worse(left, list_waiting(results));
    left = worse(left, list_left_out(results));
    untold.tell(flags);
  }
  if (count == 0) {
    if (!flags.call.silent) std::fputs("redial: nothing to send again\n", stderr);
    return left;
  }
  jobs.choose(
      [&](Job& job) {
        const auto found = results.open().find(job.id);
        if (found == results.open().end() || !found->second.taken) return false;
        // Only under the key it was sent with is it the same call to the server.
        if (!found->second.key.empty()) {
          job.key = found->second.key;
          job.key_is_literal = true;
        }
        return true;
      },
      count);
  RunOutput output(output_options);
  const auto next = [&](const Batch& batch) -> std::string {
    if (output.path().empty() || !output.is_readable()) return {};
    return next_retry(flags.jobs, shell_quoted(output.path()), flags, batch.tally());
  };
  return worse(run_batch(flags, jobs, output, next, interrupt), left);
}

}  // namespace redial::cli
