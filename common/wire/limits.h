#pragma once
// How large anything from a peer may be.

#include <cstddef>
#include <cstdint>

namespace evensweep::wire {

inline constexpr int kMostMessage = 64 << 20;  // one gRPC message; a result of 10^7 test rows fits
inline constexpr size_t kMostText = 4096;
inline constexpr size_t kMostStderrTail = 64 << 10;
inline constexpr size_t kMostSpec = 1 << 20;
inline constexpr size_t kMostResult = 48 << 20;
inline constexpr size_t kMostLogLines = 64 << 10;          // of one LogLines
inline constexpr size_t kMostChunk = 256 << 10;            // of one message of a file's transfer
inline constexpr uint64_t kMostBlob = uint64_t{16} << 30;  // one file in the coordinator's store
inline constexpr uint32_t kMostSlots = 4096;
inline constexpr int kMostDevices = 64;                    // of an agent
inline constexpr uint32_t kMostCredits = 64 * kMostSlots;  // of a device
inline constexpr int kMostLabels = 64;
inline constexpr int kMostTrainers = 256;
inline constexpr int kMostFiles = 4096;          // that a run reads
inline constexpr uint32_t kMostClasses = 65536;  // of a run's data
inline constexpr uint64_t kMostMemory = uint64_t{1} << 50;

}  // namespace evensweep::wire
