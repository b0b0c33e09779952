// Policy files: what is written is what is read, and no text is read without being understood.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <redial/session/policy_file.hpp>

#include "session/policy_values.hpp"

namespace {

using namespace redial;

RC_GTEST_PROP(PolicyValues, ADurationReadsAsItWasWritten, ()) {
  const auto millis = *rc::gen::inRange<std::int64_t>(0, 1000LL * 3600 * 24);
  const Duration span = std::chrono::milliseconds{millis};
  RC_ASSERT(detail::parse_duration(detail::duration_text(span)) == span);
}

RC_GTEST_PROP(PolicyFile, AnyTextIsAFileOrErrorsWithALine, (const std::string& text)) {
  try {
    (void)PolicyFile::parse(text);
  } catch (const PolicyFileError& error) {
    RC_ASSERT(!error.findings().empty());
    for (const auto& finding : error.findings()) RC_ASSERT(finding.line >= 1);
  }
}

// Each broken field of a policy gives exactly one error, at its own line, however many there are.
RC_GTEST_PROP(PolicyFile, EveryBrokenFieldIsReportedAtItsLine, ()) {
  const std::vector<std::pair<std::string, bool>> lines{
      {"total = 2", true},
      {"total_ = 2", false},
      {"backoff_factor = \"1s\"", true},
      {"backoff_max = 30", false},
      {"status_forcelist = [503]", true},
      {"not_processed = [600]", false},
      {"allowed_methods = [\"GET\"]", true},
      {"backoff_jitter = \"half\"", false},
      {"raise_on_status = true", true},
      {"rate = \"10/s\"", true},
      {"burst = 0", false},
      {"rate_per = \"planet\"", false},
  };
  const auto chosen =
      *rc::gen::unique<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, lines.size()));
  std::string text = "[policies.p]\n";
  std::vector<int> broken;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    text += lines[chosen[i]].first + "\n";
    if (!lines[chosen[i]].second) broken.push_back(static_cast<int>(i) + 2);
  }
  std::vector<int> reported;
  try {
    (void)PolicyFile::parse(text);
  } catch (const PolicyFileError& error) {
    for (const auto& finding : error.findings()) reported.push_back(finding.line);
  }
  RC_ASSERT(reported == broken);
}

}  // namespace
