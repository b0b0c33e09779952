#include <filesystem>

#include "peers/peers.hpp"

namespace {

// One process, so that it can be frozen or killed as a whole.
constexpr const char* k_conf =
    R"(daemon off; master_process off; pid <folder>/pid; error_log <folder>/log;
events { worker_connections 1000; }
http {
  access_log off;
  client_body_temp_path <folder>; proxy_temp_path <folder>; fastcgi_temp_path <folder>;
  uwsgi_temp_path <folder>; scgi_temp_path <folder>;
  gzip on; gzip_min_length 1; gzip_types text/plain; gzip_http_version 1.0;
  limit_req_zone $server_port zone=slow:1m rate=2r/s;
  limit_req_status 429;
  default_type text/plain;
  proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_connect_timeout 300ms; proxy_read_timeout 300ms; proxy_next_upstream off;
)";

constexpr const char* k_places = R"(
    root <folder>/files;
    location / { }
    location /warm { return 200 "served"; }
    location /limited { limit_req zone=slow; try_files /text =404; }
    location /small-bodies { client_max_body_size 10; proxy_pass http://127.0.0.1:<refused>; }
    location /dead { proxy_pass http://127.0.0.1:<refused>; }
    location /once { keepalive_requests 1; try_files /text =404; }
    location /briefly { keepalive_timeout 100ms; return 200 "served"; }
    location /busy { add_header Retry-After 7 always; return 503; }
    location /moved { return 301 /text; }
    location /see-other { return 303 /text; }
    location /kept { return 307 /warm; }
    location /loop { return 308 /loop; }
    location /closed { add_header Retry-After 3600 always; return 503; }
    location /gone { return 444; }
    location /timeout { return 408; }
    location /empty { return 204; }
    location /up/ { proxy_pass http://127.0.0.1:<up>/; }
)";

std::string server(const std::string& port, const std::string& settings = "") {
  return "  server {\n    listen 127.0.0.1:<" + port + ">" + settings + k_places + "  }\n";
}

std::string tls(const std::string& port, const std::string& certificate,
                const std::string& settings = "") {
  return server(port, " ssl;\n    ssl_certificate <folder>/" + certificate +
                          ".pem; ssl_certificate_key <folder>/" + certificate + ".key;\n    " +
                          settings);
}

}  // namespace

Nginx::Nginx(std::uint16_t upstream) {
  make_folder();
  port_ = free_port();
  ports_["up"] = upstream;
  write_certificates();
  std::filesystem::create_directories(folder_ + "/files");
  write("files/text", std::string(5000, 'a') + "end\n");
  std::filesystem::permissions(folder_ + "/files", std::filesystem::perms::all);
  const std::string conf =
      k_conf + server("port", ";") + tls("tls", "good") +
      tls("tls12", "good", "ssl_protocols TLSv1.2;") +
      tls("tls13", "good", "ssl_protocols TLSv1.3;") +
      tls("tls11", "good", "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;") +
      tls("expired", "expired") + tls("self_signed", "self_signed") +
      tls("wrong_host", "wrong_host") + tls("wrong_chain", "wrong_chain") +
      tls("rejects", "good", "ssl_reject_handshake on;") +
      tls("client", "good", "ssl_verify_client on; ssl_client_certificate <folder>/ca.pem;") +
      "}\n";
  start("nginx-light",
        {"/usr/sbin/nginx", "-c", write_configuration("conf", conf), "-e", folder_ + "/log"});
}
