// Ranks that are processes of Open MPI.
#include "models/ranks.hpp"

#include "models/joining.hpp"
#include "models/model.hpp"
#include "models/mpi/session.hpp"

namespace models {
namespace {

class MpiRanks : public Ranks {
  public:
    explicit MpiRanks(mpi::Session& session) : session_(session), group_(session.open()) {}

    int rank() const override { return session_.rank(); }
    int count() const override { return session_.count(); }
    size_t announce(Values values) override { return session_.announce(*group_, values); }
    void ready(size_t sum) override { session_.ready(*group_, sum); }
    void wait(size_t sum) override {
        const auto start = Clock::now();
        session_.wait(*group_, sum);
        waited_ += Clock::now() - start;
    }
    void done() override { session_.finish(*group_); }

    double waited() const override { return std::chrono::duration<double>(waited_).count(); }

  private:
    using Clock = std::chrono::steady_clock;

    mpi::Session& session_;
    std::shared_ptr<mpi::Group> group_;
    Clock::duration waited_{};
};

}  // namespace

std::shared_ptr<Ranks> join_ranks(int rank, int count) {
    if (count == 1) return alone();
    return std::make_shared<MpiRanks>(mpi::Session::of(rank, count));
}

std::string why_no_ranks() { return {}; }

}  // namespace models
