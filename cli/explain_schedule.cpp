// The schedule of a call whose attempts fail: how often, after which waits, and until when at
// worst. Every number comes from playing the call; here they are put side by side.

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "explain.hpp"
#include "policy/attempts.hpp"

namespace redial::cli {
namespace {

using testing::FakeClock;
using testing::Scripted;
using testing::SentRequest;

constexpr std::size_t k_most_rows = 8;

// Every attempt fails the same way, at once.
Script always(Scripted outcome) {
  return [outcome = std::move(outcome)](int, const SentRequest&, Duration, FakeClock&) {
    return outcome;
  };
}

// Every attempt fails the same way, at the last moment that its limits allow.
Script always_late(Scripted outcome) {
  return [outcome = std::move(outcome)](int, const SentRequest& sent, Duration, FakeClock& clock) {
    Scripted late = outcome;
    if (outcome.evidence == Evidence::not_sent) {
      late.never_ends = true;
      return late;
    }
    if (sent.limits.connect != k_unlimited) clock.advance(sent.limits.connect);
    if (outcome.evidence == Evidence::responded && sent.limits.attempt != k_unlimited) {
      late.takes = sent.limits.attempt;
    } else {
      late.never_ends = true;
    }
    return late;
  };
}

// A way to fail, and what the call comes to when every attempt fails so.
struct Way {
  std::string words;
  Scripted outcome;
  CallReport report;
  std::vector<int> statuses;  // several that come to the same
};

std::vector<Way> ways_of(Rehearsal& rehearsal, const Subject& subject) {
  std::vector<Way> ways{{"nothing was sent", Scripted::failing(Fault::connect_refused), {}, {}},
                        {"sent, no complete answer", Scripted::failing(Fault::reset), {}, {}},
                        {"the answer's body is lost", Scripted::failing(Fault::body_cut), {}, {}}};
  std::set<int> statuses;
  for (const auto* const list : {&subject.retry.status_forcelist, &subject.retry.not_processed}) {
    for (const int code : list->codes()) {
      if (code >= 400 && code != 417) statuses.insert(code);  // 417 only matters to an Expect
    }
  }
  for (const int code : statuses) {
    Way way{.words = {}, .outcome = Scripted::answer(code), .report = {}, .statuses = {code}};
    way.report = rehearsal.play(subject.call, always(way.outcome));
    const auto same = std::find_if(ways.begin(), ways.end(), [&](const Way& other) {
      return !other.statuses.empty() &&
             other.report.attempts.size() == way.report.attempts.size() &&
             other.report.stop_reason == way.report.stop_reason &&
             other.report.outcome == way.report.outcome;
    });
    if (same != ways.end()) {
      same->statuses.push_back(code);
    } else {
      ways.push_back(std::move(way));
    }
  }
  for (auto& way : ways) {
    if (way.statuses.empty()) {
      way.report = rehearsal.play(subject.call, always(way.outcome));
      continue;
    }
    way.words = "answered";
    for (const int code : way.statuses) way.words += " " + std::to_string(code);
  }
  return ways;
}

bool never_ended(const CallReport& report) {
  return report.attempts.size() >= static_cast<std::size_t>(Rehearsal::k_most_attempts);
}

struct Schedule {
  std::vector<Way> ways;
  const Way* longest_way = nullptr;  // the one with the most attempts
  CallReport shortest, typical, longest;
  CallReport worst;  // the most time that a call can take
  std::string worst_words;
};

Schedule schedule_of(const Subject& subject) {
  Rehearsals rehearsals;
  Schedule schedule;
  schedule.ways = ways_of(rehearsals.typical, subject);
  schedule.longest_way = &*std::max_element(
      schedule.ways.begin(), schedule.ways.end(), [](const Way& a, const Way& b) {
        return a.report.attempts.size() < b.report.attempts.size();
      });
  const Scripted& outcome = schedule.longest_way->outcome;
  schedule.shortest = rehearsals.shortest.play(subject.call, always(outcome));
  schedule.typical = rehearsals.typical.play(subject.call, always(outcome));
  schedule.longest = rehearsals.longest.play(subject.call, always(outcome));
  for (const auto& way : schedule.ways) {
    if (subject.deadline() == k_unlimited &&
        (subject.timeouts.attempt == k_unlimited || subject.timeouts.connect == k_unlimited))
      continue;  // it has no end
    // Long waits may end a call earlier than short ones: the next would not fit any more.
    for (const auto& [rehearsal, waits] : {std::pair{&rehearsals.longest, "the longest"},
                                           std::pair{&rehearsals.typical, "a typical one"},
                                           std::pair{&rehearsals.shortest, "the shortest"}}) {
      CallReport report = rehearsal->play(subject.call, always_late(way.outcome));
      if (!schedule.worst.attempts.empty() && report.elapsed <= schedule.worst.elapsed) continue;
      schedule.worst = std::move(report);
      schedule.worst_words = way.outcome.evidence == Evidence::not_sent
                                 ? "Every attempt uses up its time to connect"
                             : way.outcome.evidence == Evidence::maybe
                                 ? "Every attempt uses up its limits, and no answer comes"
                                 : "Every attempt is answered at its last moment";
      schedule.worst_words += std::string(", and every wait is ") + waits;
    }
  }
  return schedule;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t have = columns(text);
  if (have < width) text.append(width - have, ' ');
  return text;
}

std::string attempts_text(const Subject& subject) {
  const Count total = subject.retry.total;
  if (total.is_unlimited()) return "As many attempts as fit";
  const int retries = total.is_off() ? 0 : total.number();
  if (retries == 0) return "One attempt, no retry";
  return "At most " + std::to_string(detail::attempts_of(total).number()) + " attempts (" +
         std::to_string(retries) + (retries == 1 ? " retry)" : " retries)");
}

std::string deadline_text(const Subject& subject) {
  if (subject.deadline() == k_unlimited) return "without a deadline";
  return "within " + span_text(subject.deadline()) +
         (subject.timeouts.deadline ? "" : " (the default deadline)");
}

std::string ways_table(const Schedule& schedule, const Terminal& shown) {
  std::string text = "\nWhen every attempt fails, and how\n";
  std::size_t wide = 0;
  for (const auto& way : schedule.ways) wide = std::max(wide, columns(way.words));
  // Narrow: the ways stand above what they come to.
  const bool narrow = wide + 2 + 44 > shown.width;
  for (const auto& way : schedule.ways) {
    const auto number = way.report.attempts.size();
    std::string then = never_ended(way.report)
                           ? "again and again"
                           : std::to_string(number) + (number == 1 ? " attempt, " : " attempts, ") +
                                 std::string(to_string(way.report.outcome)) + " (" +
                                 std::string(to_string(way.report.stop_reason)) + ")";
    text += narrow
                ? wrapped(way.words + ":", shown.width, "  ") + wrapped(then, shown.width, "    ")
                : "  " + padded(way.words, wide + 2) + then + "\n";
  }
  return text;
}

// The wait before the retry that follows attempt `index`; nullopt where the call ended before.
std::optional<Duration> wait_after(const CallReport& report, std::size_t index) {
  if (index + 1 >= report.attempts.size()) return std::nullopt;
  return report.attempts[index].wait;
}

std::string wait_cell(const CallReport& report, std::size_t index) {
  const auto wait = wait_after(report, index);
  return wait ? span_text(*wait) : "-";
}

Duration sum_of_waits(const CallReport& report) {
  Duration sum{};
  for (std::size_t i = 0; i + 1 < report.attempts.size(); ++i) sum += report.attempts[i].wait;
  return sum;
}

std::string waits_table(const Schedule& schedule) {
  const std::size_t retries =
      std::max({schedule.shortest.attempts.size(), schedule.typical.attempts.size(),
                schedule.longest.attempts.size()}) -
      1;
  if (retries == 0) return "";
  std::string text = "\nWaits before  shortest  typical  longest\n";
  const auto row = [&](const std::string& name, const std::string& a, const std::string& b,
                       const std::string& c) {
    text += "  " + padded(name, 12) + padded(a, 10) + padded(b, 9) + c + "\n";
  };
  for (std::size_t i = 0; i < std::min(retries, k_most_rows); ++i) {
    row("attempt " + std::to_string(i + 2), wait_cell(schedule.shortest, i),
        wait_cell(schedule.typical, i), wait_cell(schedule.longest, i));
  }
  if (retries > k_most_rows) {
    text += "  and so on\n";
  } else {
    row("together", span_text(sum_of_waits(schedule.shortest)),
        span_text(sum_of_waits(schedule.typical)), span_text(sum_of_waits(schedule.longest)));
  }
  return text;
}

struct Marks {
  std::string_view attempt, wait, deadline;
};

// A row an attempt: the wait before it, then itself, on one scale.
std::string picture(const Schedule& schedule, const Subject& subject, const Terminal& shown) {
  const Marks marks = shown.unicode ? Marks{"█", "·", "│"} : Marks{"#", ".", "|"};
  const CallReport& worst = schedule.worst;
  const std::size_t rows = std::min(worst.attempts.size(), k_most_rows);
  const AttemptReport& last_row = worst.attempts[rows - 1];
  const bool to_deadline = subject.deadline() != k_unlimited && rows == worst.attempts.size();
  const Duration end = last_row.started + last_row.elapsed;
  const Duration scale = to_deadline ? std::max(subject.deadline(), end) : end;
  if (scale <= Duration::zero()) return "";

  std::vector<std::string> times;
  std::size_t wide = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto& attempt = worst.attempts[i];
    times.push_back(span_text(attempt.started) + " - " +
                    span_text(attempt.started + attempt.elapsed));
    wide = std::max(wide, columns(times.back()));
  }
  const std::size_t room = shown.width - wide - 9;
  const auto column = [&](Duration at) {
    const double share = std::chrono::duration<double>(at) / std::chrono::duration<double>(scale);
    return std::min(room, static_cast<std::size_t>(std::lround(share * static_cast<double>(room))));
  };
  std::string text;
  Duration before{};
  for (std::size_t i = 0; i < rows; ++i) {
    const auto& attempt = worst.attempts[i];
    const std::size_t waits_from = column(before);
    const std::size_t from = column(attempt.started);
    before = attempt.started + attempt.elapsed;
    const std::size_t to = std::min(room, std::max(column(before), from + 1));
    text += "  " + padded(std::to_string(attempt.number), 3);
    for (std::size_t c = 0; c < room; ++c) {
      text += c < waits_from || c >= to ? std::string_view(" ")
              : c < from                ? marks.wait
                                        : marks.attempt;
    }
    text += std::string(to_deadline ? marks.deadline : " ") + "  " + times[i] + "\n";
  }
  text += wrapped(std::string(marks.attempt) + " attempt   " + std::string(marks.wait) + " wait" +
                      (to_deadline ? "   " + std::string(marks.deadline) + " deadline, " +
                                         span_text(subject.deadline())
                                   : ""),
                  shown.width, "     ");
  return text;
}

std::string worst_text(const Schedule& schedule, const Subject& subject, const Terminal& shown) {
  const CallReport& worst = schedule.worst;
  if (worst.attempts.empty()) {
    return "\nWorst case\n" + wrapped(
                                  "The call never ends: neither an attempt nor the whole has a "
                                  "limit.",
                                  shown.width, "  ");
  }
  const bool cut = worst.stop_reason == StopReason::deadline;
  const std::size_t made = worst.attempts.size();
  const std::size_t possible = schedule.typical.attempts.size();
  std::string text = schedule.worst_words + ": ";
  if (never_ended(worst)) {
    text += "the call goes on without an end";
  } else {
    text += span_text(worst.elapsed) + (cut ? ", cut by the deadline" : "");
    if (made < possible && !never_ended(schedule.typical))
      text +=
          "; only " + std::to_string(made) + " of " + std::to_string(possible) + " attempts start";
  }
  return "\nWorst case\n" + wrapped(text + ".", shown.width, "  ") +
         picture(schedule, subject, shown);
}

}  // namespace

std::string explain_schedule(const Subject& subject, const Terminal& shown) {
  const Schedule schedule = schedule_of(subject);
  const auto limit = [](Duration span) {
    return span == k_unlimited ? std::string("without a limit") : "at most " + span_text(span);
  };
  std::string text =
      wrapped(subject.call.method + " under " + subject.policy, shown.width, "") + '\n';
  text += wrapped(attempts_text(subject) + " " + deadline_text(subject) + "; each " +
                      limit(subject.timeouts.connect) + " to connect, then " +
                      limit(subject.timeouts.attempt) + ".",
                  shown.width, "  ");
  text += limits_text(subject, shown);
  text += ways_table(schedule, shown);
  text += waits_table(schedule);
  text += worst_text(schedule, subject, shown);
  return text;
}

std::string explain_schedule_json(const Subject& subject) {
  const Schedule schedule = schedule_of(subject);
  const auto seconds = [](Duration span) {
    return static_cast<double>(std::chrono::round<std::chrono::microseconds>(span).count()) / 1e6;
  };
  const auto limit = [&](Duration span) {
    return span == k_unlimited ? nlohmann::ordered_json() : nlohmann::ordered_json(seconds(span));
  };
  nlohmann::ordered_json json;
  json["method"] = subject.call.method;
  json["policy"] = subject.policy;
  json["attempts"] = nullptr;
  if (const Count most = detail::attempts_of(subject.retry.total); most.is_number())
    json["attempts"] = most.number();
  json["limits"] = nullptr;
  if (!subject.limits.empty()) json["limits"] = subject.limits;
  json["deadline_s"] = limit(subject.deadline());
  json["connect_s"] = limit(subject.timeouts.connect);
  json["attempt_s"] = limit(subject.timeouts.attempt);
  json["when_every_attempt_fails"] = nlohmann::ordered_json::array();
  for (const auto& way : schedule.ways) {
    nlohmann::ordered_json one;
    one["how"] = way.words;
    one["statuses"] = way.statuses;
    one["attempts"] = nullptr;
    one["outcome"] = nullptr;
    one["stop_reason"] = nullptr;
    if (!never_ended(way.report)) {
      one["attempts"] = way.report.attempts.size();
      one["outcome"] = to_string(way.report.outcome);
      one["stop_reason"] = to_string(way.report.stop_reason);
    }
    json["when_every_attempt_fails"].push_back(std::move(one));
  }
  json["waits_s"] = nlohmann::ordered_json::array();
  const auto number = [&](const CallReport& report, std::size_t index) {
    const auto wait = wait_after(report, index);
    return wait ? nlohmann::ordered_json(seconds(*wait)) : nlohmann::ordered_json();
  };
  for (std::size_t i = 0; i + 1 < schedule.shortest.attempts.size(); ++i) {
    json["waits_s"].push_back({{"before_attempt", i + 2},
                               {"min", number(schedule.shortest, i)},
                               {"typical", number(schedule.typical, i)},
                               {"max", number(schedule.longest, i)}});
  }
  json["worst_case"] = nullptr;
  if (!schedule.worst.attempts.empty() && !never_ended(schedule.worst)) {
    nlohmann::ordered_json worst;
    worst["ends_s"] = seconds(schedule.worst.elapsed);
    worst["stop_reason"] = to_string(schedule.worst.stop_reason);
    worst["attempts"] = nlohmann::ordered_json::array();
    for (const auto& attempt : schedule.worst.attempts) {
      worst["attempts"].push_back({{"n", attempt.number},
                                   {"starts_s", seconds(attempt.started)},
                                   {"ends_s", seconds(attempt.started + attempt.elapsed)}});
    }
    json["worst_case"] = std::move(worst);
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace redial::cli
