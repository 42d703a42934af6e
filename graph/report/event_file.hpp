// TensorBoard's event files: TFRecords of protocol buffers, of which a dozen fields are needed.
// TensorFlow's tensorboard/compat/proto/event.proto and summary.proto have the numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace graph::report {

class EventFile {
  public:
    /// Begins with the record that names the format.
    explicit EventFile(double wall_time);

    void add_scalar(std::string_view tag, int64_t step, double wall_time, double value);
    void add_png(std::string_view tag, int64_t step, double wall_time, std::string_view png);

    const std::string& bytes() const { return bytes_; }

  private:
    void add_event(const std::string& event);
    void add_value(int64_t step, double wall_time, const std::string& value);

    std::string bytes_;
};

}  // namespace graph::report
