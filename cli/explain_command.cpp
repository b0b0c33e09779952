#include "explain_command.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <redial/http/method.hpp>
#include <redial/http/redact.hpp>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "explain.hpp"
#include "output.hpp"
#include "policy_options.hpp"

namespace redial::cli {
namespace {

using testing::Scripted;

constexpr const char* k_footer =
    "Without --status and --error: the schedule of a call whose attempts fail. With one of them: "
    "what redial does after\n"
    "that outcome, and why. Nothing is sent; the decisions are the engine's own.\n\n"
    "  redial explain --method POST --status 503 --header 'Retry-After: 7'\n"
    "  redial explain --method POST --error reset --sent\n"
    "  redial explain https://api.example.com/ --policy services.toml";

constexpr std::array<std::pair<std::string_view, Fault>, 5> k_short_names{
    {{"timeout", Fault::attempt_timeout},
     {"refused", Fault::connect_refused},
     {"dns", Fault::dns_not_found},
     {"certificate", Fault::tls_certificate},
     {"body", Fault::body_cut}}};

// The outcomes that an attempt can have: the last two are the call's own end.
constexpr int k_first_fault = static_cast<int>(Fault::dns_not_found);
constexpr int k_last_fault = static_cast<int>(Fault::sink_failed);

Fault fault_of(const std::string& name) {
  for (const auto& [word, fault] : k_short_names) {
    if (word == name) return fault;
  }
  std::string names;
  for (int i = k_first_fault; i <= k_last_fault; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (to_string(fault) == name) return fault;
    names += (names.empty() ? "" : " ") + std::string(to_string(fault));
  }
  for (const auto& [word, fault] : k_short_names) names += " " + std::string(word);
  throw UsageError("--error: no such failure: " + name + "\n" +
                   wrapped("one of " + names, terminal().width, "  "));
}

Headers headers_of(const std::vector<std::string>& lines) {
  Headers headers;
  for (const auto& line : lines) {
    const auto colon = line.find(':');
    if (colon == std::string::npos)
      throw UsageError("--header: expected 'Name: value', got '" + line + "'");
    try {
      headers.add(line.substr(0, colon), line.substr(colon + 1));
    } catch (const std::invalid_argument& error) {
      throw UsageError(std::string("--header: ") + error.what());
    }
  }
  return headers;
}

std::string with_headers(std::string words, const Headers& headers) {
  const char* between = " with ";
  for (const auto& field : headers) {
    words += between + field.name + ": " + redacted_field(field.name, field.value);
    between = " and ";
  }
  return words;
}

void read_failure(const ExplainFlags& flags, Subject& subject) {
  const Fault fault = fault_of(flags.error);
  const std::string name(to_string(fault));
  Scripted outcome = Scripted::failing(fault);
  subject.outcome_words = name;
  if (outcome.evidence == Evidence::responded) {
    if (flags.not_sent) throw UsageError("--not-sent: " + name + " happens in an answer");
    outcome.status = flags.status.value_or(200);
    subject.outcome_words = "answered " + std::to_string(outcome.status) + ", then " + name;
  } else {
    if (flags.status) throw UsageError("--status: " + name + " means that no answer came");
    const bool before = outcome.evidence == Evidence::not_sent;
    if (flags.sent && before && fault == Fault::tls_alert) {
      outcome = Scripted::failing(Fault::tls_alert_late);
    } else if (flags.sent && before) {
      throw UsageError("--sent: " + name + " happens before anything is sent");
    } else if (flags.not_sent && !before) {
      if (fault != Fault::reset && fault != Fault::closed)
        throw UsageError("--not-sent: " + name + " happens after the request was sent");
      outcome.evidence = Evidence::not_sent;
    }
    subject.outcome_words += outcome.evidence == Evidence::not_sent ? " before anything was sent"
                                                                    : " after the request was sent";
  }
  outcome.headers = headers_of(flags.headers);
  subject.outcome_words = with_headers(std::move(subject.outcome_words), outcome.headers);
  // A time-out takes its time, unless the time is given.
  if (!flags.elapsed && (fault == Fault::attempt_timeout || fault == Fault::connect_timeout)) {
    const Timeouts& limits = subject.timeouts;
    const Duration limit = fault == Fault::connect_timeout ? limits.connect : limits.attempt;
    if (limit == k_unlimited && subject.deadline() == k_unlimited)
      throw UsageError("--error: " + name + ": this policy has no limit that could run out");
    outcome.never_ends = true;
  }
  subject.outcome = std::move(outcome);
}

void read_answer(const ExplainFlags& flags, Subject& subject) {
  if (flags.not_sent) throw UsageError("--not-sent: an answer proves that the request was sent");
  if (*flags.status < 200 || *flags.status > 599)
    throw UsageError("--status: a final status is between 200 and 599, not " +
                     std::to_string(*flags.status));
  subject.outcome = Scripted::answer(*flags.status, headers_of(flags.headers));
  subject.outcome_words =
      with_headers("answered " + std::to_string(*flags.status), subject.outcome.headers);
}

void read_outcome(const ExplainFlags& flags, Subject& subject) {
  subject.attempt = flags.attempt;
  if (flags.attempt < 1 || flags.attempt >= Rehearsal::k_most_attempts)
    throw UsageError("--attempt: must be between 1 and 99");
  if (flags.elapsed) {
    if (!(*flags.elapsed >= 0) || *flags.elapsed > 1e9)
      throw UsageError("--elapsed: must be a number of seconds");
    subject.elapsed =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*flags.elapsed));
  }
  if (flags.sent && flags.not_sent) throw UsageError("--sent: not together with --not-sent");
  subject.has_outcome = flags.status || !flags.error.empty();
  if (!subject.has_outcome) {
    const bool alone = !flags.headers.empty() || flags.sent || flags.not_sent || flags.elapsed ||
                       flags.attempt != 1;
    if (alone)
      throw UsageError(
          "--header, --sent, --not-sent, --elapsed and --attempt speak of an outcome: give "
          "--status or --error");
    return;
  }
  if (flags.error.empty()) {
    read_answer(flags, subject);
  } else {
    read_failure(flags, subject);
  }
}

// The policy that the file has for the URL, as FILE#NAME, so that one adapter is left; and its
// words.
std::string settle_policy(CallFlags& flags, const std::string& url) {
  if (flags.policy.empty()) return "redial's defaults";
  const auto [path, name] = policy_and_name(flags.policy);
  if (!name.empty()) return "policy " + name + " of " + path;
  const PolicyFile file = load_policies(path);
  const std::string& chosen = file.policy_for(url);
  if (chosen.empty()) {
    flags.policy.clear();
    return "redial's defaults: " + path + " has no policy for " + Url(url).redacted();
  }
  flags.policy = path + "#" + chosen;
  return "policy " + chosen + " of " + path;
}

Subject subject_of(const ExplainFlags& given) {
  CallFlags flags = given.call;
  Subject subject;
  if (flags.url.empty()) flags.url = "https://api.example.com/";
  if (std::string why; !Url::try_parse(flags.url, &why)) throw UsageError(why);
  try {
    flags.method = checked_method(flags.method);
    subject.policy = settle_policy(flags, flags.url);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  CallSetup setup = make_setup(flags);
  try {
    validate(setup.adapter.max_retries);
    validate(setup.adapter.timeouts);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  subject.retry = setup.adapter.max_retries;
  subject.timeouts = setup.adapter.timeouts;
  if (setup.adapter.guard) subject.limits = setup.adapter.guard->describe();
  subject.call = {.method = setup.method, .url = setup.url, .options = std::move(setup.options)};
  subject.call.options.retry = subject.retry;
  subject.call.options.timeout = subject.timeouts.attempt;
  subject.call.options.connect_timeout = subject.timeouts.connect;
  subject.call.options.idle_timeout = subject.timeouts.idle;
  subject.call.options.deadline = subject.timeouts.deadline;
  read_outcome(given, subject);
  return subject;
}

int run_explain(const ExplainFlags& flags) {
  const Subject subject = subject_of(flags);
  const Terminal shown = terminal();
  std::string text;
  if (subject.has_outcome) {
    text = flags.json ? explain_outcome_json(subject) : explain_outcome(subject, shown);
  } else {
    text = flags.json ? explain_schedule_json(subject) : explain_schedule(subject, shown);
  }
  write_all(STDOUT_FILENO, text, "standard output");
  return k_ok;
}

}  // namespace

std::string span_text(Duration span) {
  if (span == k_unlimited) return "unlimited";
  double number = std::chrono::duration<double>(span).count();
  const char* unit = "s";
  if (number >= 2 * 3600) {
    number /= 3600;
    unit = "h";
  } else if (number >= 300) {
    number /= 60;
    unit = "min";
  }
  char text[48];
  std::snprintf(text, sizeof text, "%.2f", number);
  std::string digits = text;
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits + " " + unit;
}

std::string wait_text(Duration shortest, Duration typical, Duration longest) {
  const std::string low = span_text(shortest);
  const std::string high = span_text(longest);
  if (low == high) return shortest == Duration::zero() ? "at once" : "after " + low;
  return "after " + low + " to " + high + ", typically " + span_text(typical);
}

std::string limits_text(const Subject& subject, const Terminal& shown) {
  if (subject.limits.empty()) return {};
  return wrapped("Attempts start " + subject.limits + "; the times here are without such waits.",
                 shown.width, "  ");
}

void declare_explain_command(CLI::App& app, std::function<int(const Interrupt&)>& chosen) {
  const auto flags = std::make_shared<ExplainFlags>();
  flags->call.method = "GET";
  CLI::App* const explain =
      app.add_subcommand("explain", "what redial would do, when and why; nothing is sent");
  explain->add_option("URL", flags->call.url, "chooses the policy of a file");
  explain->add_option("--method", flags->call.method, "of the request [GET]");
  const char* const outcome = "What an attempt comes to";
  explain->add_option("--status", flags->status, "it is answered with this status")->group(outcome);
  explain->add_option("--header", flags->headers, "a field of that answer, 'Retry-After: 7'")
      ->allow_extra_args(false)
      ->group(outcome);
  explain
      ->add_option("--error", flags->error,
                   "it fails: reset, timeout, refused, dns, certificate, body, or a name from a "
                   "report")
      ->group(outcome);
  explain->add_flag("--sent", flags->sent, "after the request was sent")->group(outcome);
  explain->add_flag("--not-sent", flags->not_sent, "before any byte of it was sent")
      ->group(outcome);
  explain
      ->add_option("--attempt", flags->attempt, "which attempt; those before came to the same [1]")
      ->group(outcome);
  explain->add_option("--elapsed", flags->elapsed, "seconds since the call began, at that moment")
      ->group(outcome);
  explain->add_flag("--json", flags->json, "one JSON object instead of words");
  declare_policy(*explain, flags->call);
  explain->footer(k_footer);
  explain->parse_complete_callback(
      [flags, &chosen] { chosen = [flags](const Interrupt&) { return run_explain(*flags); }; });
}

}  // namespace redial::cli
