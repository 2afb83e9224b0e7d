#include "smg_re2.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct smg_re2 {
  re2::RE2 expression;
  smg_re2(const re2::StringPiece &pattern, const re2::RE2::Options &options) : expression(pattern, options) {}
};

struct smg_re2_set {
  re2::RE2::Set set;
  explicit smg_re2_set(const re2::RE2::Options &options) : set(options, re2::RE2::UNANCHORED) {}
};

namespace {

re2::RE2::Options options(int is_case_sensitive, int64_t max_memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(is_case_sensitive != 0);
  options.set_max_mem(max_memory);
  return options;
}

re2::StringPiece piece(const uint8_t *text, size_t length) {
  return re2::StringPiece(length == 0 ? "" : reinterpret_cast<const char *>(text), length);
}

void say(const std::string &what, char *error, size_t size) {
  if (size == 0) return;
  const size_t count = std::min(what.size(), size - 1);
  std::memcpy(error, what.data(), count);
  error[count] = 0;
}

}  // namespace

smg_re2 *smg_re2_create(const uint8_t *pattern, size_t length, int is_case_sensitive, int64_t max_memory, char *error, size_t error_size) {
  try {
    auto made = std::make_unique<smg_re2>(piece(pattern, length), options(is_case_sensitive, max_memory));
    if (made->expression.ok()) return made.release();
    say(made->expression.error(), error, error_size);
  } catch (...) {
    say("out of memory", error, error_size);
  }
  return nullptr;
}

void smg_re2_destroy(smg_re2 *expression) { delete expression; }

int smg_re2_find(const smg_re2 *expression, const uint8_t *text, size_t length, size_t from, size_t *start, size_t *end) {
  try {
    if (from > length) return 0;
    const re2::StringPiece whole = piece(text, length);
    re2::StringPiece found;
    if (!expression->expression.Match(whole, from, length, re2::RE2::UNANCHORED, &found, 1)) return 0;
    *start = static_cast<size_t>(found.data() - whole.data());
    *end = *start + found.size();
    return 1;
  } catch (...) {
    return -1;
  }
}

smg_re2_set *smg_re2_set_create(int is_case_sensitive, int64_t max_memory) {
  try {
    return new smg_re2_set(options(is_case_sensitive, max_memory));
  } catch (...) {
    return nullptr;
  }
}

void smg_re2_set_destroy(smg_re2_set *set) { delete set; }

int smg_re2_set_add(smg_re2_set *set, const uint8_t *pattern, size_t length) {
  try {
    return set->set.Add(piece(pattern, length), nullptr) >= 0;
  } catch (...) {
    return 0;
  }
}

int smg_re2_set_compile(smg_re2_set *set) {
  try {
    return set->set.Compile();
  } catch (...) {
    return 0;
  }
}

int64_t smg_re2_set_match(const smg_re2_set *set, const uint8_t *text, size_t length, int *numbers, size_t capacity) {
  try {
    std::vector<int> matching;
    re2::RE2::Set::ErrorInfo why{re2::RE2::Set::kNoError};
    if (!set->set.Match(piece(text, length), &matching, &why)) return why.kind == re2::RE2::Set::kNoError ? 0 : -1;
    std::copy_n(matching.begin(), std::min(matching.size(), capacity), numbers);
    return static_cast<int64_t>(matching.size());
  } catch (...) {
    return -1;
  }
}
