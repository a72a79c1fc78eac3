#pragma once
// A small certificate authority: EC P-256 keys, SHA-256 signatures, X.509 version 3. All by OpenSSL's library.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace evensweep {

// Both PEM. The key is PKCS #8 without a password.
struct CertifiedKey {
  std::string certificate, key;
};

// What a certificate is for.
struct CertificateRequest {
  std::string name;                // common name
  std::vector<std::string> units;  // organisational units: "evensweep-agent" gives the scope agent
  std::vector<std::string> hosts;  // of a server: DNS names and IP addresses it is reached by; empty: of a client
};

// From a few minutes before `unix_seconds`, for clocks that differ, to `days` after it.
struct Validity {
  int64_t unix_seconds = 0;
  int64_t days = 0;
};

StatusOr<CertifiedKey> make_authority(const Validity& validity);
// InvalidArgument if `authority` is none, or a host is neither a DNS name nor an IP address.
StatusOr<CertifiedKey> issue(const CertifiedKey& authority, const CertificateRequest& request,
                             const Validity& validity);

}  // namespace evensweep
