// Policy files: any bytes are a file of checked policies or errors that each have a line of the
// text.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <redial/policy/policy.hpp>
#include <redial/session/policy_file.hpp>

using namespace redial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    const PolicyFile file = PolicyFile::parse(text, "fuzz");
    for (const auto& name : file.policies()) {
      const Adapter& adapter = file.adapter(name);
      const Policy policy(adapter.max_retries, adapter.timeouts);  // what was loaded can be mounted
      for (const auto& finding : lint(policy)) {
        if (finding.message.empty() || finding.text().empty()) std::abort();
      }
      if (file.where(name, "").line < 1) std::abort();
    }
    if (!file.default_policy().empty() && !file.contains(file.default_policy())) std::abort();
    for (const auto& route : file.routes()) {
      if (!file.contains(route.policy) || route.line < 1) std::abort();
    }
    (void)file.policy_for("https://api.example.com/v1/payments");
  } catch (const PolicyFileError& error) {
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    if (error.findings().empty()) std::abort();
    for (const auto& finding : error.findings()) {
      if (finding.line < 1 || finding.line > lines || finding.column < 1) std::abort();
      if (finding.message.empty()) std::abort();
    }
  }
  return 0;
}
