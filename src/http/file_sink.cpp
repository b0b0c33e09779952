#include <redial/http/file_sink.hpp>

#include <utility>

#include "http/sibling_file.hpp"

namespace redial {
inline namespace v0 {

class FileSink::File final : public detail::SiblingFile {
 public:
  explicit File(const std::string& path) : SiblingFile(path, 0666) {}
};

FileSink::FileSink(std::string path)
    : path_(std::move(path)), file_(std::make_unique<File>(path_)), direct_(file_->direct()) {}

FileSink::~FileSink() = default;

void FileSink::begin(const Response&) {
  if (file_ == nullptr) {
    file_ = std::make_unique<File>(path_);
    direct_ = file_->direct();
  } else if (!direct_) {
    file_->clear();
  }
}

void FileSink::write(std::string_view piece) {
  file_->write(piece);
}

void FileSink::commit() {
  const std::unique_ptr<File> done = std::move(file_);
  done->commit(detail::SiblingFile::Durability::before_rename);
}

void FileSink::abandon() noexcept {
  if (!direct_) file_.reset();
}

bool FileSink::can_abandon() const noexcept {
  return !direct_;
}

}  // namespace v0
}  // namespace redial
