#include "cli/fetch.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>

#include "cli/untar.h"
#include "common/base/file.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;

bool is_address(const std::string& from) { return from.starts_with("http://") || from.starts_with("https://"); }

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Renames a file to its place once its content is right; what is wrong is deleted.
Status put(const std::string& part, const std::string& path, const KnownFile& file) {
  std::error_code ignored;
  if (Status status = check_content(part, file.size, file.sha256); !status.ok()) {
    fs::remove(part, ignored);
    return status;
  }
  fs::rename(part, path, ignored);
  return ignored ? errno_status(ignored.value(), "cannot rename " + part) : absl::OkStatus();
}

class Fetch {
 public:
  Fetch(const FetchRequest& request, const ShowDownload& show) : request_(request), show_(show) {}

  StatusOr<Fetched> run() {
    EV_RETURN_IF_ERROR(find_missing());
    if (missing_.empty()) return fetched_;
    fetched_.files_new = static_cast<int64_t>(missing_.size());
    EV_RETURN_IF_ERROR(make_folder());
    EV_RETURN_IF_ERROR(bring());
    return fetched_;
  }

 private:
  std::string place(const KnownFile& file) const { return (fs::path(request_.to) / file.path).string(); }

  Status find_missing() {
    for (const KnownFile& file : request_.dataset.files) {
      const Status status = check_content(place(file), file.size, file.sha256);
      if (!status.ok() && !absl::IsNotFound(status) && !absl::IsDataLoss(status)) return status;
      if (absl::IsDataLoss(status))
        return absl::FailedPreconditionError(
            fmt::format("{}; move it away, then fetch again", std::string(status.message())));
      if (status.ok())
        ++fetched_.files_before;
      else
        missing_.push_back(&file);
    }
    return absl::OkStatus();
  }

  Status make_folder() {
    folder_ = fs::path(place(request_.dataset.files[0])).parent_path().string();
    EV_RETURN_IF_ERROR(make_folders(folder_));
    int64_t needed = 0;
    for (const KnownFile* file : missing_) needed += file->size;
    if (request_.dataset.making != Making::kCopy)
      for (const Original& original : request_.dataset.originals) needed += original.size;
    std::error_code error;
    const fs::space_info space = fs::space(folder_, error);
    if (error || static_cast<int64_t>(space.available) >= needed) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        fmt::format("{} has {} MB free and {} MB are needed; make room, or name another "
                    "folder with --to",
                    folder_, space.available / 1'000'000, needed / 1'000'000 + 1));
  }

  Status bring() {
    const std::string& from = request_.from;
    if (!from.empty() && !is_address(from)) return bring_from_folder();
    if (request_.dataset.making == Making::kNone && from.empty())
      return absl::FailedPreconditionError(
          fmt::format("{}: {} ({})", request_.dataset.name, request_.dataset.remark, request_.dataset.home));
    if (request_.dataset.making == Making::kNone || request_.dataset.making == Making::kCopy) return download_files();
    for (const Original& original : request_.dataset.originals)
      EV_RETURN_IF_ERROR(get(address(original.url), original_path(original), original.size, original.sha256));
    return make();
  }

  std::string address(const std::string& url) const {
    if (request_.from.empty()) return url;
    return request_.from + (request_.from.ends_with('/') ? "" : "/") + last_name(url);
  }
  std::string original_path(const Original& original) const { return folder_ + "/" + original.file_name(); }

  Status get(const std::string& url, const std::string& path, int64_t size, const std::string& sha256) {
    if (check_content(path, size, sha256).ok()) return absl::OkStatus();
    return download({.url = url, .path = path, .size = size, .sha256 = sha256},
                    [&](int64_t done, int64_t all) { show_(last_name(url), done, all); });
  }

  Status download_files() {
    for (const KnownFile* file : missing_) {
      const bool official = request_.from.empty();
      std::string url = address(file->path);
      if (official)
        for (const Original& original : request_.dataset.originals)
          if (original.sha256 == file->sha256) url = original.url;
      EV_RETURN_IF_ERROR(get(url, place(*file), file->size, file->sha256));
    }
    return absl::OkStatus();
  }

  // The files, or the originals that they are made from.
  Status bring_from_folder() {
    std::error_code ignored;
    if (!fs::is_directory(request_.from, ignored))
      return absl::NotFoundError(
          fmt::format("no folder {}; --from takes a folder or an http address", in_quotes(request_.from)));
    std::vector<const KnownFile*> left;
    for (const KnownFile* file : missing_) {
      EV_ASSIGN_OR_RETURN(const bool copied, copy(file->path, place(*file), *file));
      if (!copied) left.push_back(file);
    }
    if (left.empty()) return absl::OkStatus();
    for (const Original& original : request_.dataset.originals) {
      const KnownFile file{original.file_name(), original.size, original.sha256};
      EV_ASSIGN_OR_RETURN(const bool copied, copy(file.path, original_path(original), file));
      if (!copied) return absl::NotFoundError(fmt::format("no file {} in {}", left[0]->path, request_.from));
    }
    if (request_.dataset.originals.empty())
      return absl::NotFoundError(fmt::format("no file {} in {}", left[0]->path, request_.from));
    return make();
  }

  // False: there is no such file.
  StatusOr<bool> copy(const std::string& name, const std::string& to, const KnownFile& file) {
    for (const std::string& candidate : {request_.from + "/" + name, request_.from + "/" + last_name(name)}) {
      std::error_code error;
      if (!fs::is_regular_file(candidate, error)) continue;
      EV_RETURN_IF_ERROR(check_content(candidate, file.size, file.sha256));
      if (fs::equivalent(candidate, to, error)) return true;
      fs::copy_file(candidate, to + ".part", fs::copy_options::overwrite_existing, error);
      if (error) return errno_status(error.value(), fmt::format("cannot copy {} to {}", candidate, to));
      fs::permissions(to + ".part", fs::perms::owner_write, fs::perm_options::add, error);
      EV_RETURN_IF_ERROR(put(to + ".part", to, file));
      return true;
    }
    return false;
  }

  // The files from the originals, which are then deleted.
  Status make() {
    if (request_.dataset.making == Making::kUnpack) EV_RETURN_IF_ERROR(unpack());
    if (request_.dataset.making == Making::kSatimage) EV_RETURN_IF_ERROR(make_satimage());
    if (request_.dataset.making == Making::kCopy) return absl::OkStatus();
    std::error_code ignored;
    for (const Original& original : request_.dataset.originals) fs::remove(original_path(original), ignored);
    return absl::OkStatus();
  }

  Status unpack() {
    const auto part_of = [&](const std::string& name, int64_t) {
      for (const KnownFile* file : missing_)
        if (last_name(file->path) == name) return place(*file) + ".part";
      return std::string();
    };
    EV_RETURN_IF_ERROR(untar(original_path(request_.dataset.originals[0]), part_of));
    for (const KnownFile* file : missing_) EV_RETURN_IF_ERROR(put(place(*file) + ".part", place(*file), *file));
    return absl::OkStatus();
  }

  Status make_satimage() {
    EV_ASSIGN_OR_RETURN(const std::string training, read_file(original_path(request_.dataset.originals[0])));
    EV_ASSIGN_OR_RETURN(const std::string test, read_file(original_path(request_.dataset.originals[1])));
    EV_ASSIGN_OR_RETURN(const std::string csv, satimage_csv(training, test));
    const KnownFile& file = *missing_[0];
    EV_RETURN_IF_ERROR(replace_file(place(file) + ".part", csv));
    return put(place(file) + ".part", place(file), file);
  }

  const FetchRequest& request_;
  const ShowDownload& show_;
  std::vector<const KnownFile*> missing_;
  std::string folder_;
  Fetched fetched_;
};

}  // namespace

StatusOr<Fetched> fetch(const FetchRequest& request, const ShowDownload& show) { return Fetch(request, show).run(); }

}  // namespace evensweep
