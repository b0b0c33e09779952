#include "tally.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace campaign {
namespace {

using redial::CallOutcome;
using redial::Resend;

constexpr std::array<std::string_view, k_wrongs> k_names{"duplicates",
                                                         "second effects of a key",
                                                         "successes that did not happen",
                                                         "foreign answers",
                                                         "lost effects",
                                                         "unsent and given up",
                                                         "untold sends"};
constexpr std::size_t k_examples = 5;

// It happened: does the report let its reader know, or at least suspect? With a key that the server
// honours sending it again does no harm; without one it must not be called harmless in any way.
bool is_told(const Told& told, bool keyed) {
  if (told.outcome == CallOutcome::ok || told.outcome == CallOutcome::in_doubt) return true;
  if (told.status == 0) return false;
  return told.resend == Resend::unsafe || (keyed && told.resend == Resend::same_key);
}

}  // namespace

std::string_view to_string(Wrong wrong) {
  return k_names[static_cast<std::size_t>(wrong)];
}

void Tally::note(Wrong wrong, const Order& order, const Truth& truth, const Told& told) {
  ++wrongs[static_cast<std::size_t>(wrong)];
  if (examples.size() >= k_examples) return;
  char text[200];
  std::snprintf(
      text, sizeof text, "%s%s: %s; read %d, acted %d; told %s, status %d, %d sends, resend %s",
      order.id.c_str(), order.keyed ? " (key)" : "", std::string(to_string(wrong)).c_str(),
      truth.arrivals, truth.effects, std::string(to_string(told.outcome)).c_str(), told.status,
      told.sends, std::string(to_string(told.resend)).c_str());
  examples.emplace_back(text);
}

void Tally::judge(const Order& order, const Truth& truth, const Told& told, bool reports) {
  ++calls;
  faulted += truth.faulted || told.unsent > 0 || order.way != Way::straight ? 1U : 0U;
  arrivals += truth.arrivals;
  effects += truth.effects;
  unsent += told.unsent;
  ++outcomes[static_cast<std::size_t>(told.outcome)];
  const bool ok = told.outcome == CallOutcome::ok;
  const bool is_missed = !ok && truth.effects == 0;
  missed += is_missed ? 1U : 0U;
  missed_failed += is_missed && told.outcome != CallOutcome::in_doubt ? 1U : 0U;

  if (truth.effects > 1)
    note(order.keyed ? Wrong::second_for_key : Wrong::duplicate, order, truth, told);
  if (ok && truth.effects == 0) {
    note(Wrong::no_effect, order, truth, told);
  } else if (ok && !told.right_answer) {
    note(Wrong::foreign_answer, order, truth, told);
  }
  if (truth.effects > 0 && !is_told(told, order.keyed)) note(Wrong::lost, order, truth, told);
  if (told.gave_up_unsent) note(Wrong::unsent_given_up, order, truth, told);
  if (reports && truth.arrivals > told.sends) note(Wrong::untold_send, order, truth, told);
}

void Tally::add(const Tally& other) {
  calls += other.calls;
  faulted += other.faulted;
  arrivals += other.arrivals;
  effects += other.effects;
  unsent += other.unsent;
  missed += other.missed;
  missed_failed += other.missed_failed;
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  for (std::size_t i = 0; i < wrongs.size(); ++i) wrongs[i] += other.wrongs[i];
  for (const std::string& one : other.examples)
    if (examples.size() < k_examples) examples.push_back(one);
}

std::uint64_t Tally::violations() const {
  return std::accumulate(wrongs.begin(), wrongs.end(), std::uint64_t{0});
}

std::string Tally::text() const {
  const auto line = [](const std::string& what, std::uint64_t count) {
    char text[100];
    std::snprintf(text, sizeof text, "  %-34s %10llu\n", what.c_str(),
                  static_cast<unsigned long long>(count));
    return std::string(text);
  };
  std::string all = line("calls", calls) + line("that met a fault", faulted) +
                    line("requests that the server read", arrivals) +
                    line("attempts of which nothing left", unsent) + line("effects", effects);
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    all +=
        line("calls told as " + std::string(to_string(static_cast<CallOutcome>(i))), outcomes[i]);
  all += line("neither an effect nor a success", missed) +
         line("  of these, told as failed", missed_failed);
  for (std::size_t i = 0; i < wrongs.size(); ++i) all += line(std::string(k_names[i]), wrongs[i]);
  for (const std::string& example : examples) all += "  ! " + example + "\n";
  return all;
}

}  // namespace campaign
