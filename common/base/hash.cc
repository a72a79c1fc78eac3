#include "common/base/hash.h"

#include <openssl/evp.h>

#include <climits>

#include "common/base/file.h"

namespace evensweep {

struct Sha256::Context {
  Context() : digest(EVP_MD_CTX_new()) { EVP_DigestInit_ex(digest, EVP_sha256(), nullptr); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(digest); }
  EVP_MD_CTX* digest;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()); }

std::string Sha256::hex() {
  Digest digest;
  EVP_DigestFinal_ex(context_->digest, digest.bytes.data(), nullptr);
  return to_hex(digest);
}

Digest sha256(std::string_view bytes) {
  // Looking the algorithm up and making a context takes longer than hashing a run spec.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Digest digest;
  EVP_DigestInit_ex2(context.get(), algorithm, nullptr);
  EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
  EVP_DigestFinal_ex(context.get(), digest.bytes.data(), nullptr);
  return digest;
}

std::string to_hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(2 * digest.bytes.size(), '\0');
  for (size_t i = 0; i < digest.bytes.size(); ++i) {
    text[2 * i] = kDigits[digest.bytes[i] >> 4];
    text[2 * i + 1] = kDigits[digest.bytes[i] & 15];
  }
  return text;
}

std::optional<Digest> digest_of_hex(std::string_view text) {
  Digest digest;
  if (text.size() != 2 * digest.bytes.size()) return std::nullopt;
  const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = value(text[2 * i]), low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return digest;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

StatusOr<std::string> sha256_hex_of_file(const std::string& path) {
  Sha256 hash;
  EV_RETURN_IF_ERROR(read_in_pieces(path, [&hash](std::string_view piece) {
    hash.update(piece);
    return absl::OkStatus();
  }));
  return hash.hex();
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string base64_encode(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

// EVP_DecodeBlock takes blanks around the text and '=' inside it; here only the alphabet is taken.
StatusOr<std::string> base64_decode(std::string_view text) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return absl::InvalidArgumentError("base64 text has a length that is not a multiple of 4");
  if (text.size() > INT_MAX) return absl::InvalidArgumentError("base64 text is longer than 2 GiB");
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  if (text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos)
    return absl::InvalidArgumentError("not base64 text");
  std::string bytes(3 * (text.size() / 4), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return absl::InvalidArgumentError("not base64 text");
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

}  // namespace evensweep
