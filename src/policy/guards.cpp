#include <redial/policy/guards.hpp>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace redial {
inline namespace v0 {

Guard::~Guard() = default;
std::string Guard::describe() const {
  return {};
}

std::string AttemptContext::origin() const {
  std::string text(scheme);
  text += "://";
  text += host;
  text += ':';
  return text += std::to_string(port);
}

struct Guards::Entry {
  std::vector<std::uint64_t> permits;  // one a guard
  bool granted = false;                // by all
};

struct Guards::State {
  std::mutex mutex;
  std::uint64_t last_id = 0;
  std::unordered_map<std::uint64_t, Entry> entries;
};

Guards::Guards(std::vector<std::shared_ptr<Guard>> guards)
    : guards_(std::move(guards)), state_(std::make_unique<State>()) {
  std::erase(guards_, nullptr);
}
Guards::~Guards() = default;

std::shared_ptr<Guard> Guards::all(std::vector<std::shared_ptr<Guard>> guards) {
  std::erase(guards, nullptr);
  if (guards.empty()) return nullptr;
  if (guards.size() == 1) return guards.front();
  return std::make_shared<Guards>(std::move(guards));
}

Guards::Entry Guards::take(std::uint64_t id) {
  Entry entry;
  if (id == 0) {
    entry.granted = true;  // of a `go`: a reservation is never 0
  } else {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->entries.find(id);
    if (found != state_->entries.end()) {
      entry = std::move(found->second);
      state_->entries.erase(found);
    }
  }
  entry.permits.resize(guards_.size());
  return entry;
}

// 0 when there is nothing to remember.
std::uint64_t Guards::keep(Entry entry) {
  if (std::all_of(entry.permits.begin(), entry.permits.end(), [](auto id) { return id == 0; }))
    return 0;
  const std::lock_guard lock(state_->mutex);
  state_->entries.emplace(++state_->last_id, std::move(entry));
  return state_->last_id;
}

// Reservations that do not exist are not ended.
void Guards::give_back(const AttemptContext& context, Entry& entry, std::size_t first,
                       std::size_t last, Now now) noexcept {
  for (std::size_t i = first; i < last; ++i)
    guards_[i]->end(context, std::exchange(entry.permits[i], 0), nullptr, now);
}

Admission Guards::admit(const AttemptContext& context, Now now) noexcept {
  Entry entry = take(context.reservation);
  entry.granted = false;
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    AttemptContext own = context;
    own.reservation = entry.permits[i];
    Admission admission = guards_[i]->admit(own, now);
    entry.permits[i] = admission.permit;
    if (admission.kind == Admission::Kind::go) continue;
    give_back(context, entry, 0, i, now);
    if (admission.kind == Admission::Kind::refuse) {
      for (std::size_t j = i + 1; j < guards_.size(); ++j) {
        if (entry.permits[j] != 0) give_back(context, entry, j, j + 1, now);
      }
    } else {
      admission.permit = keep(std::move(entry));
    }
    return admission;
  }
  entry.granted = true;
  return {.permit = keep(std::move(entry))};
}

void Guards::end(const AttemptContext& context, std::uint64_t permit, const Outcome* outcome,
                 Now now) noexcept {
  const Entry entry = take(permit);
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    if (entry.granted || entry.permits[i] != 0)
      guards_[i]->end(context, entry.permits[i], outcome, now);
  }
}

std::string Guards::describe() const {
  std::string text;
  for (const auto& guard : guards_) {
    const std::string one = guard->describe();
    if (!one.empty()) text += (text.empty() ? "" : "; ") + one;
  }
  return text;
}

}  // namespace v0
}  // namespace redial
