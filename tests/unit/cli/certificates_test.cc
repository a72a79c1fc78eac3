#include "cli/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "coordinator/rpc/access.h"

namespace evensweep {
namespace {

constexpr int64_t kNow = 1'790'000'000, kDay = 86'400;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate read(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                          &BIO_free_all);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
}

// What OpenSSL says of the certificate at a time: X509_V_OK, or why it is not good.
int verify(const std::string& authority, const std::string& certificate, int64_t at, int purpose) {
  const Certificate trusted = read(authority), judged = read(certificate);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
  X509_STORE_add_cert(store.get(), trusted.get());
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), judged.get(), nullptr);
  X509_STORE_CTX_set_time(context.get(), 0, at);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

class Certificates : public testing::Test {
 protected:
  CertifiedKey issued(const CertificateRequest& request, int64_t days = 10) const {
    return issue(authority_, request, {.unix_seconds = kNow, .days = days}).value();
  }

  const CertifiedKey authority_ = make_authority({.unix_seconds = kNow, .days = 100}).value();
};

TEST_F(Certificates, AreGoodForAsLongAsTheySay) {
  const std::string client = issued({.name = "me", .units = {"evensweep-submit"}}).certificate;
  const auto at = [&](int64_t when) { return verify(authority_.certificate, client, when, X509_PURPOSE_SSL_CLIENT); };
  EXPECT_EQ(at(kNow), X509_V_OK);
  EXPECT_EQ(at(kNow - 240), X509_V_OK) << "clocks differ by minutes";
  EXPECT_EQ(at(kNow + 10 * kDay - 1), X509_V_OK);
  EXPECT_EQ(at(kNow - kDay), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(at(kNow + 10 * kDay + 1), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(Certificates, AreGoodForWhatTheyAreForAlone) {
  const std::string client = issued({.name = "me"}).certificate;
  const std::string server = issued({.name = "head", .hosts = {"head.example.org", "10.0.0.1", "::1"}}).certificate;
  EXPECT_EQ(verify(authority_.certificate, client, kNow, X509_PURPOSE_SSL_SERVER), X509_V_ERR_INVALID_PURPOSE);
  EXPECT_EQ(verify(authority_.certificate, server, kNow, X509_PURPOSE_SSL_CLIENT), X509_V_ERR_INVALID_PURPOSE);
  EXPECT_EQ(verify(authority_.certificate, server, kNow, X509_PURPOSE_SSL_SERVER), X509_V_OK);
  EXPECT_EQ(X509_check_host(read(server).get(), "head.example.org", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(read(server).get(), "other.example.org", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(read(server).get(), "10.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(read(server).get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(read(server).get(), "10.0.0.2", 0), 0);
}

TEST_F(Certificates, OfAnotherAuthorityAreWorthNothing) {
  const CertifiedKey other = make_authority({.unix_seconds = kNow, .days = 100}).value();
  EXPECT_NE(verify(other.certificate, issued({.name = "me"}).certificate, kNow, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  const CertifiedKey mixed{.certificate = authority_.certificate, .key = other.key};
  EXPECT_EQ(issue(mixed, {.name = "me"}, {.unix_seconds = kNow, .days = 1}).status().code(),
            absl::StatusCode::kInvalidArgument);
  // One that was issued is no authority.
  const CertifiedKey client = issued({.name = "me"});
  EXPECT_FALSE(issue(client, {.name = "you"}, {.unix_seconds = kNow, .days = 1}).ok());
}

TEST_F(Certificates, NameWhoCallsAndWhatTheyMayDo) {
  const auto agent = coordinator::caller_of_certificate(
      issued({.name = "gpu-1", .units = {"evensweep-agent", "evensweep-read"}}).certificate);
  ASSERT_TRUE(agent.ok()) << agent.status();
  EXPECT_EQ(agent->agent, "gpu-1");
  EXPECT_TRUE(agent->scopes.contains(*coordinator::scope_named("agent")));
  EXPECT_TRUE(agent->scopes.contains(*coordinator::scope_named("read")));
  EXPECT_FALSE(agent->scopes.contains(*coordinator::scope_named("submit")));
}

TEST_F(Certificates, AreRefusedForHostsThatAreNone) {
  for (const std::string host : {"", "a b", "-a", "http://a", "a,DNS:evil.org", "a\n"}) {
    const auto made = issue(authority_, {.name = "head", .hosts = {host}}, {.unix_seconds = kNow, .days = 1});
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << host;
  }
}

TEST_F(Certificates, HaveNumbersOfTheirOwn) {
  const std::string one = issued({.name = "me"}).certificate, two = issued({.name = "me"}).certificate;
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(read(one).get()), X509_get0_serialNumber(read(two).get())), 0);
}

}  // namespace
}  // namespace evensweep
