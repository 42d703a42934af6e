#include "formats/publish.hpp"
#include "tests/nodes/archives.hpp"
#include "tests/nodes/frozen_codec.hpp"

#include <functional>
#include <future>
#include <mutex>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using formats::ArchivePlan;
using nodes::PlannedImage;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Preparation final : public graph::Preparation {
  public:
    void check_stop() const override {
        if (stop) throw graph::Stopped();
        std::call_once(asked_, meanwhile);
    }
    void set_aside(const std::string& item, const std::string& reason) override {
        const std::lock_guard lock(mutex_);
        asides.push_back(item + ": " + reason);
    }
    std::vector<std::string> asides;
    bool stop = false;
    std::function<void()> meanwhile = [] {};  // while the first one plans

  private:
    std::mutex mutex_;
    mutable std::once_flag asked_;
};

class PlanArchive : public ::testing::Test {
  protected:
    void add(const std::string& name, const std::string& content = "x") {
        write_file(input_ / name, content);
    }
    std::string with(const std::string& more = "") const {
        return "{path: " + input_.string() + ", archive: " + archive_.string() +
               (more.find("model:") == std::string::npos ? ", model: " + model_ : "") + more + "}";
    }
    /// What a run would do, in order.
    std::vector<std::string> todo(const std::string& more = "") {
        Runner runner("plan_archive", with(more), [](auto& setup) { setup.pipeline = "resolved"; });
        auto& source = dynamic_cast<graph::Source&>(runner.node());
        EXPECT_TRUE(source.may_be_empty());
        EXPECT_TRUE(source.prepare(preparation_));
        std::vector<std::string> names;
        for (const auto& item : runner.items()) names.push_back(item.name);
        runner.start();
        warnings_ = runner.warnings;
        images_.clear();
        for (size_t i = 0; i < names.size(); ++i) runner.receive();
        for (const auto& image : runner.take<PlannedImage>("image")) images_.push_back(*image);
        EXPECT_EQ(images_.size(), names.size());
        return names;
    }
    std::string refusal(const std::string& more = "") {
        return error_of([&] { todo(more); });
    }
    /// As another process would: by a thread that takes up none of our work.
    void plan_other_input(const std::string& more) const {
        std::async(std::launch::async, [&] {
            Runner runner("plan_archive", "{path: " + (folder_ / "in2").string() +
                                              ", archive: " + archive_.string() +
                                              ", model: " + model_ + more + "}");
            Preparation alone;
            dynamic_cast<graph::Source&>(runner.node()).prepare(alone);
        }).get();
    }
    /// With their files.
    std::vector<ArchivePlan> plans() const {
        auto plans = formats::read_plans(archive_);
        for (ArchivePlan& plan : plans)
            for (size_t shard = 0; shard < plan.shards.size(); ++shard)
                std::ranges::move(plan.files_of(shard), std::back_inserter(plan.files));
        return plans;
    }

    Scratch folder_;
    const fs::path input_ = folder_ / "in", archive_ = folder_ / "archive";
    const std::string model_ = codec_file(folder_);
    const Environment alone_{{}};
    std::vector<std::string> warnings_;
    Preparation preparation_;
    std::vector<PlannedImage> images_;
};

TEST_F(PlanArchive, PlansWhatIsThereInFixedShards) {
    for (const char* name : {"b.tif", "a.TIFF", "sub/deep/c.tif", ".hidden.tif", "notes.txt"})
        add(name, name);
    EXPECT_THAT(todo(", settings: 'quality 3', shards: {images: 2}"),
                ElementsAre("a.TIFF", "b.tif", "sub/deep/c.tif"));
    ASSERT_EQ(plans().size(), 1u);
    const ArchivePlan plan = plans()[0];
    EXPECT_EQ(plan.input, fs::canonical(input_).string());
    EXPECT_EQ(plan.settings, "quality 3");
    EXPECT_EQ(plan.pipeline, "resolved");
    EXPECT_EQ(plan.model, formats::hex(small_codec().digest));
    EXPECT_THAT(plan.software, HasSubstr("latentflow"));
    ASSERT_EQ(plan.files.size(), 3u);
    EXPECT_EQ(plan.files[2].path, "sub/deep/c.tif");
    EXPECT_EQ(plan.files[2].size, 14u);
    EXPECT_EQ(plan.files[2].sha256, formats::sha256(bytes_of("sub/deep/c.tif")));
    ASSERT_EQ(plan.shards.size(), 2u);
    EXPECT_EQ(plan.shards[0].count, 2u);

    EXPECT_EQ(images_[2].file, (input_ / "sub/deep/c.tif").string());
    EXPECT_EQ(images_[2].job.shard, 1u);
    EXPECT_EQ(images_[2].index, 0u);
    EXPECT_EQ(images_[2].planned(), plan.files[2]);
    EXPECT_EQ(file_bytes(formats::model_file(archive_, plan.model)), file_bytes(model_));
    EXPECT_EQ(file_bytes(formats::model_file(archive_, plan.model + "_copy")), file_bytes(model_));
    EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(PlanArchive, EveryParameterChangesSomething) {
    for (const char* name : {"a.tif", "b.tif", "c.png"}) add(name, std::string(100, name[0]));
    const auto plan = [&](const std::string& more) {
        fs::remove_all(archive_);
        todo(more);
        return plans().at(0);
    };
    EXPECT_EQ(plan("").shards.size(), 1u);
    EXPECT_EQ(plan(", pattern: '*.PNG'").files[0].path, "c.png");
    EXPECT_EQ(plan(", settings: other").settings, "other");
    EXPECT_EQ(plan(", prefix: plate/7").prefix, "plate/7/");
    EXPECT_EQ(plan(", shards: {images: 1}").shards.size(), 2u);
    EXPECT_EQ(plan(", shards: {bytes: 199}").shards.size(), 2u);
    EXPECT_EQ(plan(", shards: {bytes: 200}").shards.size(), 1u);
    nodes::Codec other = small_codec();
    other.frozen = models::small_codec(6);
    other.digest = nodes::codec_digest(*other.frozen);
    write_codec(folder_ / "other.h5", other);
    EXPECT_EQ(plan(", model: " + (folder_ / "other.h5").string()).model,
              formats::hex(other.digest));
    for (const char* more : {", shuffle: true", ", epochs: 2", ", split: {train: 0.5, test: 0.5}"})
        EXPECT_THAT(refusal(more), HasSubstr("in the order of its plan"));
    EXPECT_EQ(plan(", evaluate_every: 2").files.size(), 2u);  // nothing is evaluated
    for (const char* bad : {"../out", "/abs", "a//b", "a/"})
        EXPECT_THAT(refusal(std::string(", prefix: ") + bad), HasSubstr("prefix '"));
}

TEST_F(PlanArchive, IsMadeOnce) {
    add("b.tif");
    todo();
    const auto before = contents(archive_);
    add("a.tif");
    EXPECT_THAT(todo(), ElementsAre("b.tif"));
    EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("1 files of"), HasSubstr("append=true"))));
    EXPECT_EQ(contents(archive_), before);
    fs::remove(input_ / "b.tif");  // what was planned is done, or missed, as planned
    EXPECT_THAT(todo(), ElementsAre("b.tif"));
    EXPECT_EQ(contents(archive_), before);
}

TEST_F(PlanArchive, RefusesToGoOnInAnotherWay) {
    add("a.tif");
    todo(", settings: one");
    const auto before = contents(archive_);
    EXPECT_THAT(refusal(", settings: two"),
                AllOf(HasSubstr("was planned with one and model"), HasSubstr("not with two")));
    nodes::Codec other = small_codec();
    other.frozen = models::small_codec(6);
    other.digest = nodes::codec_digest(*other.frozen);
    write_codec(folder_ / "other.h5", other);
    EXPECT_THAT(refusal(", settings: one, model: " + (folder_ / "other.h5").string()),
                HasSubstr("not with one and model " + formats::hex(other.digest)));
    write_file(folder_ / "in2/a.tif", "y");
    EXPECT_THAT(error_of([&] {
                    Runner runner("plan_archive",
                                  "{path: " + (folder_ / "in2").string() +
                                      ", settings: one, archive: " + archive_.string() +
                                      ", model: " + model_ + "}");
                    dynamic_cast<graph::Source&>(runner.node()).prepare(preparation_);
                }),
                AllOf(HasSubstr("was planned for the images of"), HasSubstr("append: true")));
    EXPECT_EQ(contents(archive_), before);  // not even the other model
}

TEST_F(PlanArchive, LeavesOutWhatCannotBeReadAndSaysSo) {
    add("a.tif");
    fs::create_symlink("/proc/self/mem", input_ / "b.tif");  // to read it from its start is EIO
    add("c.tif");
    EXPECT_THAT(todo(), ElementsAre("a.tif", "c.tif"));
    EXPECT_THAT(preparation_.asides, ElementsAre(AllOf(HasSubstr((input_ / "b.tif").string()),
                                                       HasSubstr("cannot read"))));
    EXPECT_EQ(plans().front().files.size(), 2u);
}

TEST_F(PlanArchive, FollowsNoLinkInCircles) {
    add("a/b.tif");
    fs::create_directory_symlink("..", input_ / "a/up.tif");
    fs::create_directory_symlink(input_, input_ / "a/all");
    fs::create_symlink("itself.tif", input_ / "a/itself.tif");
    fs::create_symlink("nowhere", input_ / "a/broken.tif");
    EXPECT_THAT(todo(), ElementsAre("a/b.tif"));
    EXPECT_THAT(preparation_.asides, IsEmpty());
    fs::remove_all(input_);
    fs::create_symlink(input_.filename(), input_);
    EXPECT_THAT(refusal(), HasSubstr("is not a folder"));
}

TEST_F(PlanArchive, StopsBetweenFilesAndHasPlannedNothing) {
    add("a.tif");
    preparation_.stop = true;
    EXPECT_THROW(todo(), graph::Stopped);
    EXPECT_EQ(plans().size(), 0u);
    preparation_.stop = false;
    EXPECT_THAT(todo(), ElementsAre("a.tif"));
}

TEST_F(PlanArchive, AppendsWhatIsNewByAPlanOfItsOwn) {
    add("a.tif", "a");
    todo();
    const auto first = file_bytes(formats::plan_file(archive_, 1));
    EXPECT_THAT(todo(", append: true"), ElementsAre("a.tif"));  // there is nothing new
    EXPECT_EQ(plans().size(), 1u);
    add("b.tif", "b");
    EXPECT_THAT(todo(", append: true"), ElementsAre("a.tif", "b.tif"));
    ASSERT_EQ(plans().size(), 2u);
    EXPECT_EQ(plans()[1].files.size(), 1u);
    EXPECT_THAT(plans()[1].shard_name(0), testing::StartsWith("0002-000000-"));
    EXPECT_EQ(file_bytes(formats::plan_file(archive_, 1)), first);

    add("c.tif", "c");
    add("a.tif", "changed");
    EXPECT_THAT(todo(", append: true"), ElementsAre("a.tif", "b.tif", "c.tif"));  // not the new a
    EXPECT_THAT(preparation_.asides,
                ElementsAre(AllOf(HasSubstr("a.tif: is in the archive already, with other content"),
                                  HasSubstr("set 'prefix'"))));
    EXPECT_EQ(plans().size(), 3u);
    EXPECT_THAT(todo(", append: true, prefix: later"), ElementsAre("a.tif", "b.tif", "c.tif"));
    EXPECT_EQ(plans()[3].prefix, "later/");
    EXPECT_EQ(images_[0].job.plan->number, 4);
}

TEST_F(PlanArchive, AnotherInputIsPlannedAtTheSameTime) {
    add("a.tif", "a");
    add("both.tif", "both");
    write_file(folder_ / "in2/b.tif", "b");
    write_file(folder_ / "in2/both.tif", "both");
    preparation_.meanwhile = [&] { plan_other_input(", append: true"); };
    EXPECT_THAT(todo(", append: true"), ElementsAre("a.tif"));
    ASSERT_EQ(plans().size(), 2u);
    EXPECT_EQ(plans()[0].input, fs::canonical(folder_ / "in2").string());
    EXPECT_EQ(plans()[0].files.size(), 2u);
    EXPECT_EQ(plans()[1].files.size(), 1u);
    EXPECT_THAT(preparation_.asides, IsEmpty());
    EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(PlanArchive, AnotherInputIsRefusedAlsoIfItWasPlannedAtTheSameTime) {
    add("a.tif", "a");
    write_file(folder_ / "in2/b.tif", "b");
    preparation_.meanwhile = [&] { plan_other_input(""); };
    EXPECT_THROW(todo(), graph::ConfigurationError);
    ASSERT_EQ(plans().size(), 1u);
    EXPECT_EQ(plans()[0].input, fs::canonical(folder_ / "in2").string());
}

TEST_F(PlanArchive, PassesOverWhatIsWholeAndSetsAsideWhatIsDamaged) {
    for (const char* name : {"a.tif", "b.tif", "c.tif", "d.tif", "e.tif"}) add(name, name);
    todo(", shards: {images: 2}");
    const auto plan = std::make_shared<const ArchivePlan>(plans()[0]);
    write_shard(archive_, plan, 0);
    EXPECT_THAT(todo(), ElementsAre("c.tif", "d.tif", "e.tif"));
    write_shard(archive_, plan, 2);
    const auto file = write_shard(archive_, plan, 1);
    EXPECT_THAT(todo(), IsEmpty());
    damage(file);
    EXPECT_THAT(todo(), ElementsAre("c.tif", "d.tif"));
    EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("1 damaged shards are done again"),
                                             HasSubstr(plan->shard_name(1)))));
    EXPECT_FALSE(fs::exists(file));
    EXPECT_TRUE(fs::exists(file.string() + ".damaged"));
    // A whole shard under another's name is not that one.
    fs::copy_file(formats::shard_file(archive_, plan->shard_name(0)), file);
    EXPECT_THAT(todo(), ElementsAre("c.tif", "d.tif"));
}

TEST_F(PlanArchive, EachProcessGetsItsOwnShards) {
    for (int i = 0; i < 10; ++i) add(fmt::format("{}.tif", i), std::to_string(i));
    std::vector<std::string> all;
    for (int task = 0; task < 4; ++task) {
        const Environment environment = array_task(task, 4);
        for (const auto& name : todo(", shards: {images: 1}")) {
            EXPECT_EQ((name[0] - '0') % 4, task);
            all.push_back(name);
        }
    }
    std::ranges::sort(all);
    EXPECT_EQ(all.size(), 10u);
    EXPECT_EQ(all, todo());
    EXPECT_EQ(plans().size(), 1u);
}

TEST_F(PlanArchive, WithoutARunNothingIsWritten) {
    add("a.tif");
    Runner runner("plan_archive", with());
    EXPECT_EQ(runner.items().size(), 1u);
    EXPECT_FALSE(fs::exists(archive_));
}

TEST_F(PlanArchive, TakesAnyName) {
    const std::string names[] = {"-rf.tif", "bad\xff\xfe.tif", "sp ace\nline.tif", "\xc2\xb5m.tif"};
    for (const auto& name : names) add(name, name);
    EXPECT_THAT(todo(), testing::ElementsAreArray(names));
    for (size_t i = 0; i < std::size(names); ++i) {
        EXPECT_EQ(plans()[0].files[i].path, names[i]);
        EXPECT_EQ(file_bytes(images_[i].file), bytes_of(names[i]));
    }
}

TEST_F(PlanArchive, RemovesWhatKilledProcessesLeft) {
    add("a.tif");
    todo();
    for (const char* folder : {"", "plans", "models", "shards"}) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            const formats::Publication publication(archive_ / folder / "x.h5");
            ::_exit(0);  // as if it were killed
        }
        ::waitpid(pid, nullptr, 0);
        EXPECT_EQ(formats::stale_temporaries(archive_ / folder).size(), 1u);
    }
    todo();
    for (const auto& [file, content] : contents(archive_))
        EXPECT_FALSE(formats::is_temporary(file)) << file;
}

TEST_F(PlanArchive, SaysWhatIsMissing) {
    EXPECT_THAT(refusal(), HasSubstr("in is not a folder"));
    add("a.png");
    EXPECT_THAT(refusal(), HasSubstr("matches '*.tif*'"));
    add("a.tif");
    EXPECT_THAT(refusal(", model: nowhere.h5"), HasSubstr("nowhere.h5"));
    todo();
    add("b.tif");
    todo(", append: true");
    fs::remove(formats::plan_file(archive_, 1));
    EXPECT_THAT(refusal(), HasSubstr("0001.h5 is missing"));
}

}  // namespace
