#include "job_source.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "errors.hpp"
#include "json_view.hpp"
#include "output.hpp"
#include "same_file.hpp"

namespace redial::cli {
namespace {

constexpr std::size_t k_ahead_jobs = 64;
constexpr std::size_t k_ahead_bytes = std::size_t{1} << 20;
constexpr std::uint64_t k_look_every = 64;   // jobs
constexpr std::uint64_t k_look_again = 100;  // repeated ids whose first line is looked for

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

File open_for_writing(const std::string& path) {
  keep_as_bak(path);
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.fd() < 0) throw OutputError(path + ": " + reason_of(errno));
  return file;
}

// All of `from` into `file`, which is then at its beginning.
void copy_all(int from, const std::string& name, const File& file, const std::string& file_name) {
  std::string piece(1 << 16, '\0');
  for (;;) {
    const ssize_t count = read_interruptibly(from, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw UsageError(name + ": " + reason_of(errno));
    if (count == 0) break;
    write_all(file.fd(), {piece.data(), static_cast<std::size_t>(count)}, file_name);
  }
  lseek(file.fd(), 0, SEEK_SET);
}

bool same_content(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

std::optional<Job> job_of(const Line& line, const std::string& name, JobFormat& format) {
  try {
    return format.job(line);
  } catch (const JsonError& error) {
    throw UsageError(place(name, line, error.offset, error.what()));
  }
}

}  // namespace

std::string place(const std::string& name, const Line& line, std::size_t offset,
                  const std::string& why) {
  return name + ", line " + std::to_string(line.number) + ", byte " + std::to_string(offset + 1) +
         " (offset " + std::to_string(line.offset + offset) + "): " + why;
}

// --- a file

JobFile::JobFile(const std::string& path, const Options& options, const Interrupt& interrupt,
                 const Each& each)
    : name_(path == "-" ? "standard input" : path),
      chosen_(options.lines),
      fresh_(options.format),
      format_(options.format) {
  open(path, options);
  if (fstat(file_.fd(), &seen_) != 0) throw UsageError(name_ + ": " + reason_of(errno));
  check(options, interrupt, each);
  refuse_changes();
  lseek(file_.fd(), 0, SEEK_SET);
  lines_.emplace(file_.fd(), name_, static_cast<std::uint64_t>(seen_.st_size), fresh_.records());
}

void JobFile::open(const std::string& path, const Options& options) {
  File input(path == "-" ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (input.fd() < 0 || fstat(input.fd(), &status) != 0)
    throw UsageError(name_ + ": " + reason_of(errno));
  if (S_ISDIR(status.st_mode)) throw UsageError(name_ + ": " + reason_of(EISDIR));
  if (options.save.empty() && path != "-" && S_ISREG(status.st_mode)) {
    path_ = path;
    file_ = std::move(input);
    return;
  }
  // What can be read only once is copied before anything is sent from it.
  refuse_input("--save-jobs", options.save, path, "the input");
  refuse_input("--save-jobs", options.save + ".bak", path, "the input");
  path_ = options.save;
  file_ = path_.empty() ? File(unlinked_file()) : open_for_writing(path_);
  copy_all(input.fd(), name_, file_, path_.empty() ? "temporary file" : path_);
}

void JobFile::check(const Options& options, const Interrupt& interrupt, const Each& each) {
  IdSet ids;
  JobFormat format = fresh_;
  LineReader lines(file_.fd(), name_, static_cast<std::uint64_t>(seen_.st_size), format.records());
  while (const auto line = lines.next()) {
    if (interrupt.happened()) throw Interrupted();
    try {
      const auto job = job_of(*line, name_, format);
      if (!job) continue;
      if (!ids.add(job->id)) refuse_repeated(*job, *line);
      if (chosen_.contains(job->line)) ++total_;
      if (each) each(*job);
    } catch (const UsageError& error) {
      // Without a table's header nothing behind it makes sense.
      if (!options.refused || !format.is_settled()) throw;
      options.refused(error.what());
    }
  }
  // Whoever wrote the input may have heard the same Ctrl-C: this need not be all of it.
  if (interrupt.happened()) throw Interrupted();
}

// Two ids may share a fingerprint: the file itself says whether they are one.
void JobFile::refuse_repeated(const Job& job, const Line& line) {
  if (++looked_again_ > k_look_again) {
    throw UsageError(
        place(name_, line, 0, "id \"" + printable(job.id) + "\" repeats an earlier one"));
  }
  const File again(
      ::open(("/proc/self/fd/" + std::to_string(file_.fd())).c_str(), O_RDONLY | O_CLOEXEC));
  JobFormat format = fresh_;
  LineReader lines(again.fd(), name_, line.offset, format.records());
  while (const auto before = lines.next()) {
    std::optional<Job> other;
    try {
      other = format.job(*before);
    } catch (const JsonError&) {  // told already
    }
    if (!other || other->id != job.id) continue;
    throw UsageError(place(name_, line, 0,
                           "id \"" + printable(job.id) + "\" repeats the one of line " +
                               std::to_string(before->number)));
  }
}

void JobFile::refuse_changes() const {
  struct stat now {};
  const bool there = fstat(file_.fd(), &now) == 0;
  struct stat named = now;
  if (!path_.empty() && stat(path_.c_str(), &named) != 0) named = {};
  if (there && same_content(now, seen_) && same_content(named, seen_)) return;
  throw UsageError(name_ + ": it changed after it was checked; nothing more is sent from it");
}

void JobFile::choose(Choose choose, std::uint64_t count) {
  choose_ = std::move(choose);
  total_ = count;
}

JobSource::Next JobFile::next(std::optional<Job>& job) {
  if (since_look_++ % k_look_every == 0) refuse_changes();
  while (const auto line = lines_->next()) {
    const bool chosen = chosen_.contains(line->number);
    if (!chosen && format_.is_settled()) continue;
    job = job_of(*line, name_, format_);
    if (!job || !chosen || (choose_ && !choose_(*job))) continue;
    last_line_ = line->number;
    return Next::job;
  }
  refuse_changes();
  return Next::end;
}

// --- a stream

JobStream::JobStream(const std::string& save, JobFormat format)
    : format_(std::move(format)), save_name_(save), stop_(eventfd(0, EFD_CLOEXEC)) {
  if (!save.empty()) save_ = open_for_writing(save);
  thread_ = std::thread([this] { read(); });
}

JobStream::~JobStream() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  eventfd_write(stop_.fd(), 1);
  thread_.join();
}

void JobStream::on_ready(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

// On the thread.
void JobStream::read() {
  std::string error;
  try {
    const auto read = [this](char* into, std::size_t size) {
      return read_until(stop_.fd(), STDIN_FILENO, into, size);
    };
    LineReader lines(read, "standard input", format_.records());
    while (const auto line = lines.next()) {
      take(*line);
      const std::lock_guard lock(mutex_);
      if (over_) return;
    }
  } catch (const std::exception& failure) {
    error = failure.what();
  }
  tell([&] {
    error_ = std::move(error);
    end_ = true;
  });
}

void JobStream::take(const Line& line) {
  auto job = job_of(line, "standard input", format_);
  if (job && !ids_.add(job->id)) {
    throw UsageError(
        place("standard input", line, 0, "id \"" + printable(job->id) + "\" is there already"));
  }
  // Every line, so that the copy's jobs are on the lines that results name.
  if (save_.fd() >= 0) write_all(save_.fd(), std::string(line.text) + "\n", save_name_);
  if (!job) return;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return over_ || ahead_.empty() ||
             (ahead_.size() < k_ahead_jobs && ahead_bytes_ + job->size <= k_ahead_bytes);
    });
  }
  tell([&] {
    ahead_bytes_ += job->size;
    ahead_.push_back(*std::move(job));
  });
}

template <class Change>
void JobStream::tell(Change change) {
  const std::lock_guard lock(mutex_);
  change();
  changed_.notify_all();
  // Under the lock: once `on_ready({})` has returned, nobody is woken any more.
  if (std::exchange(asked_, false) && wake_) wake_();
}

JobSource::Next JobStream::next(std::optional<Job>& job) {
  const std::lock_guard lock(mutex_);
  if (ahead_.empty()) {
    if (!error_.empty()) throw UsageError(std::exchange(error_, {}));
    asked_ = true;
    return end_ ? Next::end : Next::later;
  }
  job.emplace(std::move(ahead_.front()));
  ahead_bytes_ -= job->size;
  ahead_.pop_front();
  changed_.notify_all();
  return Next::job;
}

void JobStream::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return !ahead_.empty() || end_; });
}

}  // namespace redial::cli
