#include "http/challenge.hpp"

#include <algorithm>

#include <redial/http/text.hpp>

#include "http/char_set.hpp"
#include "http/lower.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::size_t k_most_bytes = 16 * 1024;
constexpr auto k_token = CharSet::alnum().with("!#$%&'*+-.^_`|~");
constexpr auto k_token68 = CharSet::alnum().with("-._~+/");

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  void skip_ows() {
    const auto begin = rest_.find_first_not_of(" \t");
    rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_all(const CharSet& set) {
    const auto end =
        std::find_if_not(rest_.begin(), rest_.end(), [&](char c) { return set.contains(c); });
    const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // token BWS "=" BWS ( token / quoted-string ). False, and nothing is taken, when that is not what
  // stands here.
  bool param(Challenge& into) {
    Reader ahead = *this;
    const auto name = ahead.take_all(k_token);
    ahead.skip_ows();
    if (name.empty() || !ahead.take('=')) return false;
    ahead.skip_ows();
    std::string value;
    if (!(ahead.next_is('"') ? ahead.quoted(value) : ahead.plain(value))) return false;
    into.params.emplace_back(lowered(name), std::move(value));
    *this = ahead;
    return true;
  }

  // A token68, up to a comma or the end; else nothing is taken.
  bool token68(std::string& into) {
    Reader ahead = *this;
    const auto begin = ahead.rest_;
    if (ahead.take_all(k_token68).empty()) return false;
    while (ahead.take('=')) {
    }
    const auto taken = begin.substr(0, begin.size() - ahead.rest_.size());
    ahead.skip_ows();
    if (!ahead.at_end() && !ahead.next_is(',')) return false;
    into = taken;
    *this = ahead;
    return true;
  }

 private:
  bool plain(std::string& value) {
    value = take_all(k_token);
    return !value.empty();
  }
  bool quoted(std::string& value) {
    constexpr auto k_control = CharSet::control().without('\t');
    take('"');
    while (!at_end()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (at_end()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (k_control.contains(c)) return false;
      value += c;
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::string_view> Challenge::find(std::string_view name) const noexcept {
  std::optional<std::string_view> found;
  for (const auto& [known, value] : params) {
    if (known != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

// The commas between challenges and those between parameters are the same: what follows one is a
// parameter if it has a "=" after its name, else the scheme of the next challenge.
std::optional<std::vector<Challenge>> parse_challenges(std::string_view line) {
  if (line.size() > k_most_bytes) return std::nullopt;
  std::vector<Challenge> challenges;
  Reader reader(line);
  for (;;) {
    reader.skip_ows();
    while (reader.take(',')) reader.skip_ows();  // empty elements (RFC 9110 §5.6.1)
    if (reader.at_end()) return challenges;
    const bool more = !challenges.empty() && challenges.back().token.empty() &&
                      !challenges.back().params.empty() && reader.param(challenges.back());
    if (!more) {
      const auto scheme = reader.take_all(k_token);
      if (scheme.empty()) return std::nullopt;
      Challenge& challenge = challenges.emplace_back(Challenge{.scheme = lowered(scheme)});
      if (reader.next_is(' ')) {
        reader.skip_ows();
        const bool bare = reader.at_end() || reader.next_is(',');
        if (!bare && !reader.param(challenge) && !reader.token68(challenge.token))
          return std::nullopt;
      }
    }
    reader.skip_ows();
    if (!reader.at_end() && !reader.next_is(',')) return std::nullopt;
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
