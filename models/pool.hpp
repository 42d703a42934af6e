// Workspaces that are costly to make and serve one caller at a time, kept for the next.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

namespace models {

template <class T>
class Pool {
  public:
    /// Calls use(T&) with an object that fits(T) accepts, or else one that make() gives.
    template <class Fits, class Make, class Use>
    void with(Fits fits, Make make, Use use) {
        std::unique_ptr<T> object = take(fits);
        if (!object) object = make();
        use(*object);
        const std::lock_guard lock(mutex_);  // not kept if use() throws
        free_.push_back(std::move(object));
    }

  private:
    template <class Fits>
    std::unique_ptr<T> take(Fits fits) {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(free_.begin(), free_.end(),
                                        [&](const auto& object) { return fits(*object); });
        if (found == free_.end()) return nullptr;
        std::unique_ptr<T> object = std::move(*found);
        free_.erase(found);
        return object;
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> free_;
};

}  // namespace models
