#include "http/content_codings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "http/comma_list.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::size_t k_most = 4;

struct Name {
  std::string_view name;
  Coding coding;
};
constexpr std::array<Name, 5> k_names{{{"gzip", Coding::gzip},
                                       {"x-gzip", Coding::gzip},
                                       {"deflate", Coding::deflate},
                                       {"br", Coding::br},
                                       {"zstd", Coding::zstd}}};

}  // namespace

std::vector<Coding> codings_to_undo(const Headers& headers) {
  std::vector<Coding> codings;
  for (const auto value : headers.all("Content-Encoding")) {
    for (const auto element : elements_of(value)) {
      if (iequals(element, "identity")) continue;
      const auto found = std::find_if(k_names.begin(), k_names.end(),
                                      [&](const Name& one) { return iequals(one.name, element); });
      if (found == k_names.end() || codings.size() == k_most) return {};
      codings.insert(codings.begin(), found->coding);
    }
  }
  return codings;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
