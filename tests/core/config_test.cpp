// SPDX-License-Identifier: MIT
#include "core/config.h"

#include "text_of.h"
#include "unity.h"

using namespace vfio_early;

struct Parsed {
    Config config;
    Problems problems;
};

static Parsed parsed(std::string_view text)
{
    Parsed result;
    parse_config(text, result.config, result.problems);
    return result;
}

// Every problem as 'LINE: TEXT', one a line.
static std::string problems_of(std::string_view text)
{
    auto const result = parsed(text);
    std::string all;
    for (auto const& problem : result.problems)
        all += text_of("%u: %s\n", problem.line, problem.text);
    return all;
}

TEST(reads_sections_labels_and_options)
{
    auto const result = parsed("[bind]\n"
                               "gpu = 0000:01:00.0 10de:2191 ; the card\n"
                               "[stub]\n"
                               "sata = 0000:02:00.1\n"
                               "[options]\n"
                               "boot-display = bind\n"
                               "timeout = 7\n");
    TEST_ASSERT_EQUAL_UINT(0, result.problems.size());
    TEST_ASSERT_EQUAL_UINT(2, result.config.entries.size());
    auto const& gpu = result.config.entries[0];
    TEST_ASSERT_EQUAL_STRING("gpu", gpu.label.view());
    TEST_ASSERT_EQUAL_STRING("0000:01:00.0 10de:2191", gpu.selector_text.view());
    TEST_ASSERT_TRUE(gpu.target == Target::VfioPci);
    TEST_ASSERT_EQUAL_UINT(2, gpu.line);
    TEST_ASSERT_TRUE(result.config.entries[1].target == Target::PciStub);
    TEST_ASSERT_TRUE(result.config.options.boot_display == BootDisplay::Bind);
    TEST_ASSERT_EQUAL_UINT(7, result.config.options.timeout_seconds);
}

TEST(has_safe_options_by_default)
{
    auto const result = parsed("[bind]\n");
    TEST_ASSERT_TRUE(result.config.options.boot_display == BootDisplay::Refuse);
    TEST_ASSERT_EQUAL_UINT(10, result.config.options.timeout_seconds);
}

TEST(accepts_carriage_returns_a_byte_order_mark_and_no_last_newline)
{
    TEST_ASSERT_EQUAL_UINT(1, parsed("[bind]\r\ngpu = 01:00.0\r\n").config.entries.size());
    TEST_ASSERT_EQUAL_UINT(1, parsed("\xef\xbb\xbf[bind]\ngpu = 01:00.0\n").config.entries.size());
    TEST_ASSERT_EQUAL_UINT(1, parsed("[bind]\ngpu = 01:00.0").config.entries.size());
    TEST_ASSERT_EQUAL_STRING("", problems_of("\xef\xbb\xbf[bind]\r\ngpu = 01:00.0"));
}

TEST(accepts_indented_lines_and_does_not_treat_them_as_continuations)
{
    auto const result = parsed("[bind]\n  gpu = 01:00.0\n  audio = 01:00.1\n");
    TEST_ASSERT_EQUAL_UINT(0, result.problems.size());
    TEST_ASSERT_EQUAL_UINT(2, result.config.entries.size());
}

TEST(accepts_the_same_section_twice)
{
    TEST_ASSERT_EQUAL_UINT(
        2, parsed("[bind]\na = 01:00.0\n[stub]\n[bind]\nb = 01:00.1\n").config.entries.size());
}

TEST(says_that_a_file_is_empty)
{
    auto const* text = "1: the file is empty, write what to bind under [bind] or install the sample again\n";
    TEST_ASSERT_EQUAL_STRING(text, problems_of(""));
    TEST_ASSERT_EQUAL_STRING(text, problems_of("\n\n"));
    TEST_ASSERT_EQUAL_STRING(text, problems_of("\xef\xbb\xbf"));
}

TEST(accepts_a_file_of_comments)
{
    TEST_ASSERT_EQUAL_STRING("", problems_of("; nothing\n# here\n[bind]\n"));
}

static std::string const the_sections =
    ", there are [bind] for vfio-pci, [stub] for pci-stub, [handover] and [options]";

TEST(says_which_word_is_unknown_and_what_was_meant)
{
    TEST_ASSERT_EQUAL_STRING("2: unknown option 'boot-dispaly', did you mean 'boot-display'?\n",
        problems_of("[options]\nboot-dispaly = bind\n"));
    for (std::string const name : {"Bind", "BIND", "vfio", "vfio-pci", "pci-stub"})
        TEST_ASSERT_EQUAL_STRING(
            "1: unknown section '" + name + "'" + the_sections + "\n", problems_of("[" + name + "]\n"));
    TEST_ASSERT_EQUAL_STRING("2: boot-display is 'binds', did you mean 'bind'?\n",
        problems_of("[options]\nboot-display = binds\n"));
    TEST_ASSERT_EQUAL_STRING("2: boot-display must be 'refuse' or 'bind', not 'maybe'\n",
        problems_of("[options]\nboot-display = maybe\n"));
}

TEST(does_not_complain_about_keys_in_an_unknown_section_too)
{
    TEST_ASSERT_EQUAL_STRING(
        "1: unknown section 'bidn'" + the_sections + "\n", problems_of("[bidn]\ngpu = x\n"));
}

TEST(names_a_section_of_sixty_letters_in_full)
{
    std::string const name(60, 's');
    TEST_ASSERT_EQUAL_STRING(
        "1: unknown section '" + name + "'" + the_sections + "\n", problems_of("[" + name + "]\n"));
}

TEST(does_not_mistake_a_long_section_for_the_one_that_it_begins_with)
{
    // inih cuts a name after 49 bytes.
    auto const problem =
        "1: unknown section 'bind                                             x'" + the_sections + "\n";
    TEST_ASSERT_EQUAL_STRING(problem, problems_of("[bind                                             x]\n"));
}

TEST(says_how_long_a_line_may_be)
{
    std::string const longest = "x = " + std::string(194, '1');
    TEST_ASSERT_EQUAL_UINT(198, longest.size());
    TEST_ASSERT_TRUE(problems_of("[bind]\n" + longest + "\n").find("bytes long") == std::string::npos);
    TEST_ASSERT_EQUAL_STRING("2: the line is 199 bytes long, shorten it to 198 or less\n",
        problems_of("[bind]\n" + longest + "1\n"));
    TEST_ASSERT_EQUAL_STRING("1: the line is 201 bytes long, shorten it to 198 or less\n",
        problems_of(";" + std::string(200, 'c')));
}

TEST(counts_lines_correctly_after_a_long_one)
{
    TEST_ASSERT_EQUAL_STRING("1: the line is 1001 bytes long, shorten it to 198 or less\n"
                             "3: unknown section 'x'"
            + the_sections + "\n",
        problems_of(";" + std::string(1000, 'c') + "\n[bind]\n[x]\n"));
}

TEST(says_where_a_nul_byte_is)
{
    TEST_ASSERT_EQUAL_STRING("2: the line contains a NUL byte, save the file as plain UTF-8 text\n",
        problems_of(std::string_view("[bind]\ngpu = 01:00.0\0\n", 22)));
}

TEST(shows_what_a_bare_selector_should_look_like)
{
    TEST_ASSERT_EQUAL_STRING("2: '0000:01:00.0' has no label, write it as 'LABEL = 0000:01:00.0'\n",
        problems_of("[bind]\n0000:01:00.0\n"));
    TEST_ASSERT_EQUAL_STRING("2: '10de:2191' has no label, write it as 'LABEL = 10de:2191'\n",
        problems_of("[bind]\n10de:2191 ; a card\n"));
    TEST_ASSERT_EQUAL_STRING("2: '8086:1572 all' has no label, write it as 'LABEL = 8086:1572 all'\n",
        problems_of("[bind]\n8086:1572 all\n"));
}

TEST(does_not_mistake_a_colon_for_an_equals_sign)
{
    TEST_ASSERT_EQUAL_STRING("2: 'timeout:5' is not 'KEY = VALUE', in which no ':' comes before the '='\n",
        problems_of("[options]\ntimeout: 5\n"));
}

TEST(does_not_lose_what_follows_a_section_header)
{
    TEST_ASSERT_EQUAL_STRING("1: 'gpu = 01:00.0' follows a section header, put it on a line of its own\n",
        problems_of("[bind] gpu = 01:00.0\n"));
    TEST_ASSERT_EQUAL_STRING("", problems_of("[bind] ; cards\n[stub] # rest\n"));
}

TEST(says_what_a_line_without_equals_sign_is_not)
{
    TEST_ASSERT_EQUAL_STRING(
        "2: 'gpu' is neither '[SECTION]' nor 'KEY = VALUE'\n", problems_of("[bind]\ngpu\n"));
    TEST_ASSERT_EQUAL_STRING("1: '[bind' is neither '[SECTION]' nor 'KEY = VALUE'\n", problems_of("[bind\n"));
}

TEST(says_that_a_key_has_no_value)
{
    TEST_ASSERT_EQUAL_STRING(
        "2: 'gpu' has no value, write an address like 0000:01:00.0 or an id like 10de:2191\n",
        problems_of("[bind]\ngpu =\n"));
    TEST_ASSERT_EQUAL_STRING(
        "2: 'gpu' has no value, write an address like 0000:01:00.0 or an id like 10de:2191\n",
        problems_of("[bind]\ngpu = ; later\n"));
}

TEST(says_where_a_repeated_label_was_used_first)
{
    TEST_ASSERT_EQUAL_STRING("4: label 'gpu' is already used on line 2, give each line a label of its own\n",
        problems_of("[bind]\ngpu = 01:00.0\n[stub]\ngpu = 01:00.1\n"));
    TEST_ASSERT_EQUAL_STRING("3: option 'timeout' is already set on line 2, keep one of the two\n",
        problems_of("[options]\ntimeout = 5\ntimeout = 6\n"));
}

TEST(refuses_labels_that_a_log_could_not_show)
{
    TEST_ASSERT_EQUAL_STRING(
        "2: label 'my gpu' must be 1 to 31 letters, digits, '-', '_' or '.', and not begin with '-'\n",
        problems_of("[bind]\nmy gpu = 01:00.0\n"));
    TEST_ASSERT_EQUAL_STRING(
        "2: label '' must be 1 to 31 letters, digits, '-', '_' or '.', and not begin with '-'\n",
        problems_of("[bind]\n= 01:00.0\n"));
    TEST_ASSERT_FALSE(problems_of("[bind]\n" + std::string(32, 'g') + " = 01:00.0\n").empty());
}

TEST(says_that_a_key_comes_before_any_section)
{
    TEST_ASSERT_EQUAL_STRING("1: 'gpu' comes before any section, put it under [bind], [stub] or [options]\n",
        problems_of("gpu = 01:00.0\n"));
}

TEST(bounds_the_timeout)
{
    for (auto const* value : {"0", "61", "-1", "1s", "99999999999"}) {
        auto const problem = problems_of(std::string("[options]\ntimeout = ") + value + "\n");
        TEST_ASSERT_EQUAL_STRING(
            std::string("2: timeout must be 1 to 60 seconds, not '") + value + "'\n", problem);
    }
}

TEST(reports_all_problems_in_the_order_of_their_lines)
{
    TEST_ASSERT_EQUAL_STRING(
        "2: 'junk' is neither '[SECTION]' nor 'KEY = VALUE'\n"
        "3: '1b21' is neither an address like 0000:01:00.0, nor an id like 10de:2191, nor the word 'all'\n",
        problems_of("[bind]\njunk\nusb = 1b21\n"));
}

TEST(keeps_the_first_of_very_many_problems)
{
    std::string text = "[bind]\n";
    for (int i = 0; i < 1000; ++i)
        text += "x = y\n";
    auto const problems = parsed(text).problems;
    TEST_ASSERT_EQUAL_UINT(16, problems.size());
    TEST_ASSERT_EQUAL_UINT(984, problems.left_out());
    TEST_ASSERT_EQUAL_UINT(1, parsed("junk\n" + text).problems[0].line);
}

TEST(says_that_there_are_too_many_lines)
{
    std::string text = "[bind]\n";
    for (int i = 0; i < 129; ++i)
        text += "d" + std::to_string(i) + " = 01:00.0\n";
    TEST_ASSERT_EQUAL_STRING(
        "130: more than 128 lines name devices, join some with 'all' or '.*'\n", problems_of(text));
}

TEST(says_what_to_write_instead_of_what_people_type)
{
    std::pair<char const*, char const*> const lines[] = {
        {"a = 10de:2191,10de:1aeb",
            "'10de:2191,10de:1aeb' names several devices, give each a line of its own"},
        {"a = 0000:01:00.0,0000:01:00.1",
            "'0000:01:00.0,0000:01:00.1' names several devices, give each a line of its own"},
        {"gpu: 0000:01:00.0", "'gpu:0000:01:00.0' has ':' for '=', write it as 'gpu = 0000:01:00.0'"},
        {"gpu 0000:01:00.0", "'gpu 0000:01:00.0' has no '=', write it as 'gpu = 0000:01:00.0'"},
        {"a = 10de:2191:1043",
            "'10de:2191:1043' has half of a subsystem, which is SUBVENDOR:SUBDEVICE, leave it out or write "
            "all of it"},
        {"a = 01:00", "'01:00' has no function, add '.0' for the first one or '.*' for all of them"},
        {"a = \"01:00.0\"", "'\"01:00.0\"' has quotes, write it without them"},
        {"a = '01:00.0'", "''01:00.0'' has quotes, write it without them"},
        {"a = 0x10de:0x2191",
            "'0x10de:0x2191' has numbers with 0x, write them without it, such as 10de:2191"},
        {"0000:01:00.0 = vfio-pci",
            "'0000:01:00.0 = vfio-pci' has its label missing, write it as 'LABEL = 0000:01:00.0'"},
        {"timeout = 5", "'timeout' is an option and no device, put it under [options]"},
        {"boot-display = bind", "'boot-display' is an option and no device, put it under [options]"},
    };
    for (auto const& [line, problem] : lines)
        TEST_ASSERT_EQUAL_STRING(
            std::string("2: ") + problem + "\n", problems_of("[bind]\n" + std::string(line) + "\n"));
}

TEST(shortens_a_label_of_foreign_letters_and_not_the_advice)
{
    std::string label;
    for (int i = 0; i < 30; ++i)
        label += "\xe4\xb8\xad";
    auto const problem = problems_of("[bind]\n" + label + " = 01:00.0\n");
    TEST_ASSERT_TRUE(
        problem.ends_with("...' must be 1 to 31 letters, digits, '-', '_' or '.', and not begin with '-'\n"));
}

TEST(tells_of_every_line_that_is_of_no_kind)
{
    TEST_ASSERT_EQUAL_STRING("2: 'x' is neither '[SECTION]' nor 'KEY = VALUE'\n"
                             "4: '[y' is neither '[SECTION]' nor 'KEY = VALUE'\n"
                             "5: 'z' is neither '[SECTION]' nor 'KEY = VALUE'\n",
        problems_of("[bind]\nx\na = 01:00.0\n[y\nz\n"));
}

TEST(reads_what_the_host_does_without_for_a_handover)
{
    auto const result = parsed("[handover]\n"
                               "gpu = display-manager.service  nvidia_drm nvidia ; the display\n"
                               "disk = srv-data.mount\n"
                               "[bind]\n"
                               "nic = 02:00.0\n"
                               "gpu = 01:00.0\n"
                               "[stub]\n"
                               "disk = 03:00.0\n");
    TEST_ASSERT_EQUAL_UINT(0, result.problems.size());
    TEST_ASSERT_EQUAL_UINT(2, result.config.handovers.size());
    TEST_ASSERT_TRUE(handover_of(result.config, 0) == nullptr);
    auto const* gpu = handover_of(result.config, 1);
    TEST_ASSERT_EQUAL_STRING("display-manager.service  nvidia_drm nvidia", gpu->words.view());
    TEST_ASSERT_EQUAL_STRING("srv-data.mount", handover_of(result.config, 2)->words.view());
    TEST_ASSERT_TRUE(is_unit("srv-data.mount"));
    TEST_ASSERT_FALSE(is_unit("nvidia_drm"));
}

// As the only line under [handover], on line 4, beside a line 'gpu'.
static std::string problems_of_handover(std::string const& line)
{
    return problems_of("[bind]\ngpu = 01:00.0\n[handover]\n" + line + "\n");
}

TEST(says_what_is_wrong_with_a_handover)
{
    TEST_ASSERT_EQUAL_STRING("4: 'gpo' is no label of [bind] or [stub], did you mean 'gpu'?\n",
        problems_of_handover("gpo = nouveau"));
    TEST_ASSERT_EQUAL_STRING(
        "4: 'network' is no label of [bind] or [stub]\n", problems_of_handover("network = nouveau"));
    TEST_ASSERT_EQUAL_STRING("4: 'gpu' has no value, write what to stop, like display-manager.service\n",
        problems_of_handover("gpu ="));
    TEST_ASSERT_EQUAL_STRING(
        "4: 'nouveau' is there twice\n", problems_of_handover("gpu = nouveau x nouveau"));
    TEST_ASSERT_EQUAL_STRING("5: 'gpu' is already handed over on line 4, put all words on one line\n",
        problems_of_handover("gpu = nouveau\ngpu = gdm.service"));
    for (std::string const word : {"-x", "a/b", "$(x)", "a:b", "--now.service", "\xc3\xa4.service"})
        TEST_ASSERT_EQUAL_STRING("4: '" + text_of("%e", word)
                + "' is neither a unit like 'display-manager.service' nor a kernel module\n",
            problems_of_handover("gpu = " + word));
    TEST_ASSERT_EQUAL_STRING("4: 'gdm.servce' is no kind of unit, did you mean 'service'?\n",
        problems_of_handover("gpu = gdm.servce"));
    TEST_ASSERT_EQUAL_STRING(
        "4: 'nvidia.ko' has a dot and is no unit that can be stopped, write modules without '.ko'\n",
        problems_of_handover("gpu = nvidia.ko"));
    TEST_ASSERT_EQUAL_STRING(
        "", problems_of_handover("gpu = user@1000.service dev-disk\\x2da.swap snd-hda-intel"));
}

UNITY_MAIN()
