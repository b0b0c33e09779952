#include <redial/session/policy_file.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <redial/session/session.hpp>

#include "session/nearest.hpp"
#include "session/policy_file_content.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr std::size_t k_most_bytes = std::size_t{1} << 20;

std::string joined(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) text += (text.empty() ? "" : "\n") + finding.text();
  return text;
}

[[noreturn]] void refuse_file(const std::string& path, const std::string& why) {
  throw PolicyFileError({Finding{
      .severity = Finding::Severity::error, .message = why, .file = path, .line = 1, .column = 1}});
}

std::string content_of(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string content;
  if (file) {
    content.resize(k_most_bytes + 1);
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(file.gcount()));
  }
  // A directory opens, and fails when it is read.
  if (!file.eof() && !(content.size() > k_most_bytes)) {
    const int why = errno;
    refuse_file(path, "cannot read it" +
                          (why == 0 ? std::string() : ": " + std::generic_category().message(why)));
  }
  return content;
}

void make_absolute(std::string& path, const std::string& directory) {
  if (!path.empty() && path.front() != '/') path.insert(0, directory);
}

}  // namespace

PolicyFileError::PolicyFileError(std::vector<Finding> findings)
    : std::invalid_argument(joined(findings)),
      findings_(std::make_shared<const std::vector<Finding>>(std::move(findings))) {}

PolicyFile::PolicyFile(std::shared_ptr<const detail::PolicyFileContent> content)
    : content_(std::move(content)) {}

PolicyFile PolicyFile::parse(std::string_view text, std::string_view name) {
  auto content = std::make_shared<detail::PolicyFileContent>();
  content->name = name;
  if (text.size() > k_most_bytes) refuse_file(content->name, "is longer than 1 MiB");
  auto findings = detail::read_policy_file(text, *content);
  if (!findings.empty()) throw PolicyFileError(std::move(findings));
  return PolicyFile(std::move(content));
}

PolicyFile PolicyFile::load(const std::string& path) {
  PolicyFile read = parse(content_of(path), path);
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return read;
  auto content = std::make_shared<detail::PolicyFileContent>(*read.content_);
  const std::string directory = path.substr(0, slash + 1);
  for (auto& [name, policy] : content->policies) {
    make_absolute(policy.adapter.tls.ca_file, directory);
    make_absolute(policy.adapter.tls.cert_file, directory);
    make_absolute(policy.adapter.tls.key_file, directory);
  }
  return PolicyFile(std::move(content));
}

const std::string& PolicyFile::name() const noexcept {
  return content_->name;
}

std::vector<std::string> PolicyFile::policies() const {
  std::vector<std::string> names;
  for (const auto& [name, policy] : content_->policies) names.push_back(name);
  return names;
}

bool PolicyFile::contains(std::string_view policy) const noexcept {
  return content_->policies.find(policy) != content_->policies.end();
}

const Adapter& PolicyFile::adapter(std::string_view policy) const {
  const auto found = content_->policies.find(policy);
  if (found != content_->policies.end()) return found->second.adapter;
  const std::string meant = detail::nearest(policy, policies());
  throw std::out_of_range(content_->name + ": no policy \"" + printable(policy) + "\"" +
                          (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
}

const std::string& PolicyFile::default_policy() const noexcept {
  return content_->fallback;
}

const std::vector<PolicyRoute>& PolicyFile::routes() const noexcept {
  return content_->routes;
}

const std::string& PolicyFile::policy_for(std::string_view url) const {
  const Url parsed(url);
  for (const auto& routed : content_->by_prefix) {
    if (routed.prefix.matches(parsed)) return content_->routes[routed.route].policy;
  }
  return content_->fallback;
}

std::vector<std::pair<std::string, Adapter>> PolicyFile::adapters() const {
  std::vector<std::pair<std::string, Adapter>> list;
  if (!content_->fallback.empty()) {
    for (const char* scheme : {"http://", "https://"})
      list.emplace_back(scheme, adapter(content_->fallback));
  }
  for (const auto& route : content_->routes) list.emplace_back(route.match, adapter(route.policy));
  return list;
}

void PolicyFile::mount_on(Session& session) const {
  std::vector<Finding> findings;
  for (const auto& [name, policy] : content_->policies) {
    if (policy.adapter.tls == TlsOptions{}) continue;
    try {
      check(policy.adapter.tls);
    } catch (const std::invalid_argument& error) {
      Position place = where(name, "tls");
      findings.push_back({.severity = Finding::Severity::error,
                          .point = ChecklistPoint::security,
                          .policy = name,
                          .field = "tls",
                          .message = error.what(),
                          .file = content_->name,
                          .line = place.line,
                          .column = place.column});
    }
  }
  if (!findings.empty()) throw PolicyFileError(std::move(findings));
  for (auto& [prefix, adapter] : adapters()) session.mount(prefix, std::move(adapter));
}

PolicyFile::Position PolicyFile::where(std::string_view policy, std::string_view field) const {
  const auto found = content_->policies.find(policy);
  if (found == content_->policies.end()) return {};
  const auto place = found->second.places.find(field);
  return place == found->second.places.end() ? Position{} : place->second;
}

}  // namespace v0
}  // namespace redial
