#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <redial/redial.hpp>

/// A small API client, as many programs have one: it knows the service, redial knows how a call
/// finishes well.
class Payments {
 public:
  /// Nobody can say whether it happened: ask the service before paying again.
  class InDoubt : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
  };

  explicit Payments(std::string base, redial::Adapter adapter = {});

  /// Pays once, whatever the network does; returns the receipt.
  std::string pay(int cents, const std::string& order);
  /// The same against a service that ignores idempotency keys.
  std::string pay_without_key(int cents, const std::string& order);
  /// All receipts, over all pages.
  std::vector<std::string> receipts();

 private:
  std::string submit(int cents, const std::string& order, redial::RequestOptions options);

  std::string base_;
  redial::Session session_;
};

/// What older code often looks like: a free function with the default session in it.
bool is_up(const std::string& base);
