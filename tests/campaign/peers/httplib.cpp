#include <memory>
#include <string>
#include <vector>

#include <httplib.h>

#include "peers.hpp"

namespace campaign {
namespace {

class Httplib final : public Client {
 public:
  Httplib(Place place, int attempts) : place_(std::move(place)), attempts_(attempts) {
    for (std::size_t i = 0; i < place_.round.size; ++i) lanes_.push_back(made("127.0.0.1"));
  }

  Told call(const Order& order, std::size_t lane) override {
    const auto other = order.host.empty() ? nullptr : made(order.host);
    httplib::Client& client = other ? *other : *lanes_[lane];
    httplib::Headers headers{{"X-Request-Id", order.id}};
    if (order.keyed) headers.emplace("Idempotency-Key", order.key);
    for (int attempt = 1;; ++attempt) {
      if (other) client.set_hostname_addr_map({{order.host, address_of(order, attempt)}});
      const auto result = client.Post("/pay", headers, order.body, "application/json");
      const int status = result ? result->status : 0;
      if (attempt == attempts_ || (status > 0 && is_final(status)))
        return told_by_peer(order, status, result ? result->body : std::string());
    }
  }

 private:
  std::unique_ptr<httplib::Client> made(const std::string& host) const {
    auto client = std::make_unique<httplib::Client>((place_.round.tls ? "https://" : "http://") +
                                                    host + ":" + std::to_string(place_.port));
    client->set_keep_alive(true);
    client->set_follow_location(true);
    client->set_read_timeout(1);
    if (!place_.ca_file.empty()) client->set_ca_cert_path(place_.ca_file);
    return client;
  }

  const Place place_;
  const int attempts_;
  std::vector<std::unique_ptr<httplib::Client>> lanes_;
};

}  // namespace

MakeClient httplib(int attempts) {
  return [attempts](const Place& place) { return std::make_unique<Httplib>(place, attempts); };
}

}  // namespace campaign
