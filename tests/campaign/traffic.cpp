#include "traffic.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <unordered_set>

namespace campaign {
namespace {

constexpr std::uint32_t k_cycle = 17;  // pools of 1 to 16, and one over TLS
constexpr std::uint32_t k_round = 1200;

// splitmix64
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// What else is drawn of an order takes an arrival's number, which is never so large.
enum : std::uint64_t { k_draw_key = 1U << 20U, k_draw_way };

// The hosts that have had their failure.
struct LookUps {
  std::mutex mutex;
  std::unordered_set<std::string> failed;
};
LookUps& look_ups() {
  static LookUps all;
  return all;
}

const char* name_of(Way way) {
  switch (way) {
    case Way::straight:
      break;
    case Way::lost_once:
      return "lost";
    case Way::refused_once:
      return "refused";
    case Way::refused:
      return "nobody";
  }
  return "";
}

}  // namespace

std::uint64_t drawn(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  return mixed(seed ^ mixed(a ^ mixed(b ^ mixed(c))));
}

std::uint32_t per_mille(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  return static_cast<std::uint32_t>((drawn(seed, a, b, c) >> 32U) * 1000U >> 32U);
}

std::vector<Round> rounds_of(std::uint32_t requests, std::uint64_t seed, bool long_hints) {
  const std::uint32_t cycles = std::max(1U, requests / (k_cycle * k_round));
  const std::uint32_t count = k_cycle * cycles;
  std::vector<Round> rounds;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t place = i % k_cycle;
    const bool tls = place == k_cycle - 1;
    rounds.push_back({.seed = seed,
                      .number = i,
                      .requests = requests / count + (i < requests % count ? 1 : 0),
                      .size = tls ? 1U : place + 1U,
                      .tls = tls,
                      .long_hints = long_hints});
  }
  return rounds;
}

Order order_of(const Round& round, std::uint32_t number) {
  Order order;
  order.number = number;
  order.id = std::to_string(round.number) + "-" + std::to_string(number);
  order.keyed = per_mille(round.seed, round.number, number, k_draw_key) < 500;
  if (order.keyed) order.key = "key-" + order.id;
  const std::uint32_t way =
      round.tls ? 1000 : per_mille(round.seed, round.number, number, k_draw_way);
  if (way < 30) order.way = way < 10 ? Way::lost_once : Way::refused_once;
  if (way >= 30 && way < 33) order.way = Way::refused;
  if (order.way != Way::straight)
    order.host = std::string(name_of(order.way)) + "-" + order.id + ".test";
  order.body = "{\"pay\":\"" + order.id + "\"}";
  return order;
}

std::uint32_t number_of(std::string_view id) {
  const std::string digits(id.substr(id.find('-') + 1));
  return static_cast<std::uint32_t>(std::strtoul(digits.c_str(), nullptr, 10));
}

int look_up(const std::string& host, std::vector<std::string>& addresses) {
  const bool lost = host.starts_with("lost-");
  const bool refused = host.starts_with("refused-");
  addresses = {k_nobody};
  if (!lost && !refused) return 0;
  const std::lock_guard lock(look_ups().mutex);
  if (look_ups().failed.insert(host).second) return lost ? -3 : 0;  // EAI_AGAIN
  addresses = {"127.0.0.1"};
  return 0;
}

void forget_look_ups() {
  const std::lock_guard lock(look_ups().mutex);
  look_ups().failed.clear();
}

}  // namespace campaign
