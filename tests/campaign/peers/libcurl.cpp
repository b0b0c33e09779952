#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "campaign/fate.hpp"
#include "peers.hpp"

namespace campaign {

Told told_by_peer(const Order& order, int status, const std::string& body) {
  const bool ok = status > 0 && status < 400;
  return {.outcome = ok ? redial::CallOutcome::ok : redial::CallOutcome::failed,
          .status = status,
          .right_answer = body == answer_to(order.id)};
}

std::string address_of(const Order& order, int attempt) {
  const bool found = order.way == Way::straight || (order.way != Way::refused && attempt > 1);
  return found ? "127.0.0.1" : k_nobody;
}

namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

class Libcurl final : public Client {
 public:
  Libcurl(Place place, int attempts) : place_(std::move(place)), attempts_(attempts) {
    for (std::size_t i = 0; i < place_.round.size; ++i) lanes_.emplace_back(curl_easy_init());
  }

  Told call(const Order& order, std::size_t lane) override {
    CURL* const handle = lanes_[lane].get();
    std::string body;
    int status = 0;
    for (int attempt = 1; attempt <= attempts_; ++attempt) {
      status = send(handle, order, attempt, body);
      if (status > 0 && is_final(status)) break;
    }
    return told_by_peer(order, status, body);
  }

 private:
  // 0: an error.
  int send(CURL* handle, const Order& order, int attempt, std::string& body) const {
    curl_slist* fields = curl_slist_append(nullptr, ("X-Request-Id: " + order.id).c_str());
    if (order.keyed) fields = curl_slist_append(fields, ("Idempotency-Key: " + order.key).c_str());
    const List all_fields(fields);
    const std::string address = order.host + ":" + std::to_string(place_.port) + ":";
    const List addresses(
        curl_slist_append(nullptr, ("+" + address + address_of(order, attempt)).c_str()));
    body.clear();
    curl_easy_reset(handle);  // connections stay
    curl_easy_setopt(handle, CURLOPT_URL, place_.url(order).c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, order.body.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    if (!order.host.empty()) curl_easy_setopt(handle, CURLOPT_RESOLVE, addresses.get());
    if (!place_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, place_.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 1000L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    if (curl_easy_perform(handle) != CURLE_OK) return 0;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  const Place place_;
  const int attempts_;
  std::vector<std::unique_ptr<CURL, FreeHandle>> lanes_;
};

}  // namespace

MakeClient libcurl(int attempts) {
  return [attempts](const Place& place) { return std::make_unique<Libcurl>(place, attempts); };
}

}  // namespace campaign
