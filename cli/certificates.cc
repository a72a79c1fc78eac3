#include "cli/certificates.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr int64_t kSkew = 300;  // s
constexpr int64_t kDay = 86'400;
constexpr const char* kOrganisation = "Evensweep";

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

Status openssl_status(const std::string& doing) {
  char text[256] = "no reason given";
  if (const unsigned long error = ERR_get_error(); error != 0) ERR_error_string_n(error, text, sizeof text);
  ERR_clear_error();
  return absl::InternalError("cannot " + doing + ": " + text);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

Bio reader(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

bool is_ip(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

bool is_dns_name(const std::string& host) {
  if (host.empty() || host.size() > 253 || host.front() == '-' || host.front() == '.') return false;
  return host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-*_") == host.npos;
}

// "DNS:gpu-head,IP:10.0.0.1", as OpenSSL reads it.
StatusOr<std::string> alternative_names(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    if (!is_ip(host) && !is_dns_name(host))
      return absl::InvalidArgumentError(in_quotes(host) + " is neither a host name nor an IP address");
    names += (names.empty() ? "" : ",") + std::string(is_ip(host) ? "IP:" : "DNS:") + host;
  }
  return names;
}

bool set_times(X509* certificate, const Validity& validity) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), validity.unix_seconds - kSkew) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), validity.unix_seconds + validity.days * kDay) != nullptr;
}

// 127 random bits: never two of the same, never negative.
bool set_serial(X509* certificate) {
  const Number number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_entry(X509_NAME* subject, int kind, const std::string& text) {
  return X509_NAME_add_entry_by_NID(subject, kind, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

StatusOr<CertifiedKey> as_pem(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_out(BIO_new(BIO_s_mem())), key_out(BIO_new(BIO_s_mem()));
  if (!certificate_out || !key_out || PEM_write_bio_X509(certificate_out.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_status("write a certificate");
  return CertifiedKey{text_of(certificate_out.get()), text_of(key_out.get())};
}

// A certificate with all but its extensions and its signature.
StatusOr<Certificate> begin_certificate(EVP_PKEY* key, const CertificateRequest& request, const Validity& validity) {
  Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), 2) != 1 || !set_serial(certificate.get()) ||
      !set_times(certificate.get(), validity) || X509_set_pubkey(certificate.get(), key) != 1)
    return openssl_status("make a certificate");
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  bool named = add_entry(subject, NID_organizationName, kOrganisation);
  for (const std::string& unit : request.units) named = named && add_entry(subject, NID_organizationalUnitName, unit);
  if (!named || !add_entry(subject, NID_commonName, request.name))
    return absl::InvalidArgumentError(in_quotes(request.name) + " cannot be the name of a certificate");
  return certificate;
}

}  // namespace

StatusOr<CertifiedKey> make_authority(const Validity& validity) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl_status("make a key");
  EV_ASSIGN_OR_RETURN(const Certificate certificate, begin_certificate(key.get(), {.name = "Evensweep CA"}, validity));
  X509* const self = certificate.get();
  if (X509_set_issuer_name(self, X509_get_subject_name(self)) != 1 ||
      !add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(self, self, NID_subject_key_identifier, "hash") || X509_sign(self, key.get(), EVP_sha256()) == 0)
    return openssl_status("make a certificate authority");
  return as_pem(self, key.get());
}

StatusOr<CertifiedKey> issue(const CertifiedKey& authority, const CertificateRequest& request,
                             const Validity& validity) {
  const Certificate issuer(PEM_read_bio_X509(reader(authority.certificate).get(), nullptr, nullptr, nullptr));
  const Key issuer_key(PEM_read_bio_PrivateKey(reader(authority.key).get(), nullptr, nullptr, nullptr));
  if (!issuer || !issuer_key || X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the certificate authority's certificate and key do not fit together");
  }
  EV_ASSIGN_OR_RETURN(const std::string names, alternative_names(request.hosts));
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl_status("make a key");
  EV_ASSIGN_OR_RETURN(const Certificate certificate, begin_certificate(key.get(), request, validity));
  X509* const made = certificate.get();
  if (X509_set_issuer_name(made, X509_get_subject_name(issuer.get())) != 1 ||
      !add_extension(made, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(made, issuer.get(), NID_ext_key_usage, names.empty() ? "clientAuth" : "serverAuth") ||
      !add_extension(made, issuer.get(), NID_authority_key_identifier, "keyid") ||
      (!names.empty() && !add_extension(made, issuer.get(), NID_subject_alt_name, names)) ||
      X509_sign(made, issuer_key.get(), EVP_sha256()) == 0)
    return openssl_status("issue a certificate");
  return as_pem(made, key.get());
}

}  // namespace evensweep
