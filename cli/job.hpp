#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/http/request.hpp>
#include <redial/session/options.hpp>

namespace redial::cli {

/// One call of a jobs file: a JSON object on a line (docs/run.md names every key), or a bare URL.
struct Job {
  std::uint64_t line = 0;
  std::size_t size = 0;  ///< of what it was read from, in bytes
  std::string id;        ///< given, or "L" and the line
  Request request;
  std::vector<std::string> unset_headers;  ///< given as null
  std::optional<std::string> key;          ///< "auto", "none" or the key itself
  std::optional<bool> idempotent;
  std::string meta;             ///< JSON as written, on one line; empty without
  bool key_is_literal = false;  ///< `key` is the key, whatever it reads
  /// Of what a job without a name was read from, short enough to tell nothing about it: whether a
  /// line is still the one that it was.
  std::optional<std::uint16_t> digest = std::nullopt;

  /// Known by its number alone.
  bool has_no_name() const { return id == "L" + std::to_string(line); }
};

/// A job's request and what it is sent with.
struct JobCall {
  Request request;
  std::shared_ptr<const RequestOptions> options;
  std::optional<IdempotencyKey> key = std::nullopt;  ///< in place of the options'
};

/// What holds for every job of a run, and with it what each job says, which beats it. However many
/// jobs wait, options that are equal are there once.
///
/// It must outlive the calls. Thread safety: const is shared freely.
class RunOptions {
 public:
  explicit RunOptions(RequestOptions of_the_run);
  RunOptions(const RunOptions&) = delete;
  RunOptions& operator=(const RunOptions&) = delete;

  JobCall call_of(Job&& job) const;

 private:
  struct Variant {
    Idempotent idempotent;
    bool keyed;
    RequestOptions options;
  };
  const RequestOptions& variant(Idempotent idempotent, bool keyed) const;

  std::vector<Variant> variants_;
};

/// Whose keys a line has; docs/run.md names them.
enum class JobDialect : std::uint8_t { ours, openai, vegeta };

struct JobSyntax {
  JobDialect dialect = JobDialect::ours;
  std::string base_url = {};  ///< put in front of a url that is a path
};

/// Reads a line. Throws JsonError with the byte (of the line) and what is wrong with it: bad JSON,
/// an unknown or repeated key, a value of the wrong type, a URL that cannot be sent to, a file that
/// cannot be read. Never quotes values: they may be secrets.
Job parse_job(std::string_view text, std::uint64_t line, const JobSyntax& syntax = {});

/// A line that holds no job: nothing but white space.
bool is_blank(std::string_view text) noexcept;

}  // namespace redial::cli
