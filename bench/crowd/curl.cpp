#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "crowd/peers.hpp"

namespace crowd {
namespace {

/// One request in flight: a handle that is used again and again.
struct Lane {
  CURL* handle = nullptr;
  std::string body;
  std::size_t done = 0;
};

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

void check(CURLMcode code) {
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

/// What the two ways of driving a multi handle share.
class CurlPeer {
 public:
  CurlPeer(const Target& target, Work& work)
      : work_(work), lanes_(work.lanes()), multi_(curl_multi_init()) {
    for (Lane& lane : lanes_) {
      lane.handle = curl_easy_init();
      curl_easy_setopt(lane.handle, CURLOPT_URL, target.url.c_str());
      curl_easy_setopt(lane.handle, CURLOPT_WRITEFUNCTION, append);
      curl_easy_setopt(lane.handle, CURLOPT_WRITEDATA, &lane.body);
      curl_easy_setopt(lane.handle, CURLOPT_PRIVATE, &lane);
      curl_easy_setopt(lane.handle, CURLOPT_TIMEOUT_MS, k_limit_seconds * 1000L);
      curl_easy_setopt(lane.handle, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(lane.handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
      if (target.tls) curl_easy_setopt(lane.handle, CURLOPT_CAINFO, target.ca_file.c_str());
    }
  }
  CurlPeer(const CurlPeer&) = delete;
  CurlPeer& operator=(const CurlPeer&) = delete;
  virtual ~CurlPeer() {
    for (const Lane& lane : lanes_) curl_easy_cleanup(lane.handle);
    curl_multi_cleanup(multi_);
  }

  void run() {
    for (Lane& lane : lanes_) begin(lane);
    while (under_way_ > 0) drive();
  }

 protected:
  /// Lets libcurl do what is ready, after a wait.
  virtual void drive() = 0;
  CURLM* multi() const { return multi_; }

  void collect() {
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      CURL* const handle = message->easy_handle;
      Lane* lane = nullptr;
      long status = 0;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &lane);
      curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
      if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
      expect_answer(static_cast<int>(status), lane->body.size());
      check(curl_multi_remove_handle(multi_, handle));
      --under_way_;
      ++lane->done;
      begin(*lane);
    }
  }

 private:
  void begin(Lane& lane) {
    if (!work_.next(lane.done)) return;
    ++under_way_;
    lane.body.clear();
    check(curl_multi_add_handle(multi_, lane.handle));
  }

  Work& work_;
  std::vector<Lane> lanes_;
  CURLM* multi_;
  std::size_t under_way_ = 0;
};

class CurlPoll final : public CurlPeer {
 public:
  using CurlPeer::CurlPeer;

 private:
  void drive() override {
    int running = 0;
    check(curl_multi_perform(multi(), &running));
    collect();
    if (running > 0) check(curl_multi_poll(multi(), nullptr, 0, 1000, nullptr));
  }
};

class CurlSocket final : public CurlPeer {
 public:
  CurlSocket(const Target& target, Work& work) : CurlPeer(target, work) {
    curl_multi_setopt(multi(), CURLMOPT_SOCKETFUNCTION, &CurlSocket::watch);
    curl_multi_setopt(multi(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi(), CURLMOPT_TIMERFUNCTION, &CurlSocket::set_timer);
    curl_multi_setopt(multi(), CURLMOPT_TIMERDATA, this);
  }
  ~CurlSocket() override {
    curl_multi_setopt(multi(), CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi(), CURLMOPT_TIMERFUNCTION, nullptr);
    close(epoll_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  // `known` is null for a socket that is not watched yet.
  static int watch(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    CurlSocket& peer = *static_cast<CurlSocket*>(self);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(peer.epoll_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{};
    if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
    if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
    event.data.fd = socket;
    epoll_ctl(peer.epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    curl_multi_assign(peer.multi(), socket, &peer);
    return 0;
  }

  static int set_timer(CURLM*, long milliseconds, void* self) {
    CurlSocket& peer = *static_cast<CurlSocket*>(self);
    peer.due_ = milliseconds < 0 ? Clock::time_point::max()
                                 : Clock::now() + std::chrono::milliseconds(milliseconds);
    return 0;
  }

  int patience() const {
    if (due_ == Clock::time_point::max()) return 1000;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
  }

  void drive() override {
    int running = 0;
    std::array<epoll_event, 256> events;
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience());
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
      check(curl_multi_socket_action(multi(), event.data.fd, what, &running));
    }
    if (due_ <= Clock::now()) {
      due_ = Clock::time_point::max();
      check(curl_multi_socket_action(multi(), CURL_SOCKET_TIMEOUT, 0, &running));
    }
    collect();
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  Clock::time_point due_ = Clock::time_point::max();
};

}  // namespace

void curl_poll(const Target& target, Work& work) {
  CurlPoll(target, work).run();
}

void curl_socket(const Target& target, Work& work) {
  CurlSocket(target, work).run();
}

}  // namespace crowd
