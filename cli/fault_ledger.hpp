#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include <redial/testing/ledger.hpp>

#include "result_file.hpp"

namespace redial::cli {

/// Counts what a fault server or proxy read, and writes its ledger: a line of JSON a request
/// (docs/fault-server.md). Told by the server's threads, one at a time.
class FaultLedger {
 public:
  /// `path`: of the file; empty: none. Throws OutputError.
  explicit FaultLedger(const std::string& path);
  void note(const testing::RecordedRequest& request);
  /// Until a stop is requested; throws OutputError when a line could not be written.
  void wait(const std::stop_token& stop);
  /// Says on standard error how many requests were read, and how many had an effect.
  void tell() const;

 private:
  std::optional<ResultFile> file_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t requests_ = 0;
  std::size_t effects_ = 0;
  std::string error_;
};

}  // namespace redial::cli
