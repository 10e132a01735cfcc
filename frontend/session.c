/* One run of ulna: see session.h. The main thread runs the window, or waits; the vCPU, the clock
 * and the input/output loop have threads of their own and tell the main thread what they want with
 * session_request. */
#include "frontend/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "devices/display.h"
#include "frontend/chardev_open.h"
#include "frontend/monitor.h"
#include "frontend/terminal.h"
#include "roms/demo.h"

void session_request(struct session *session, enum session_request request)
{
    pthread_mutex_lock(&session->lock);
    session->requests |= request;
    pthread_cond_broadcast(&session->changed);
    if (session->window)
        window_wake(session->window);
    pthread_mutex_unlock(&session->lock);
}

void session_guest_exit(struct session *session, int code)
{
    pthread_mutex_lock(&session->lock);
    session->guest_code = code;
    pthread_mutex_unlock(&session->lock);
    session_request(session, SESSION_GUEST_EXIT);
}

/* --- what other threads call --- */

static void machine_event(void *opaque, enum machine_event event)
{
    if (event == MACHINE_DISAGREED)
        session_guest_exit(opaque, 1);
    else
        session_request(opaque, event == MACHINE_RESET ? SESSION_RESET : SESSION_POWER_OFF);
}

static void guest_exit(void *opaque, int code)
{
    session_guest_exit(opaque, code);
}

static void console_quit(void *opaque)
{
    session_request(opaque, SESSION_QUIT);
}

static void console_command(void *opaque, struct mux *mux, const char *line)
{
    monitor_command(opaque, mux, line);
}

/* Semihosting's output: the vCPU waits for a slow terminal, but not once ulna is to end. */
static void semihosting_write(void *opaque, bool error_stream, const void *data, size_t size)
{
    struct session *session = opaque;
    const struct timespec pause = {.tv_nsec = 1000000};
    const uint8_t *bytes = data;

    (void)error_stream; /* one terminal shows both, in order */
    while (size) {
        struct chardev *out = session->semihosting_out;
        size_t taken =
            out ? out->write(out, bytes, size) : mux_write(session->console, bytes, size);
        bool ending;

        bytes += taken;
        size -= taken;
        pthread_mutex_lock(&session->lock);
        ending = session->requests & (SESSION_QUIT | SESSION_GUEST_EXIT);
        pthread_mutex_unlock(&session->lock);
        if (size && ending)
            return;
        if (size)
            nanosleep(&pause, NULL);
    }
}

static int semihosting_read(void *opaque, void *data, size_t size, unsigned wait_ms)
{
    struct session *session = opaque;

    return mux_read(session->console, data, size, wait_ms);
}

/* --- making --- */

static bool open_log(struct session *session, struct err *err)
{
    const struct options *options = session->options;

    if (options->log_file) {
        session->log_file = fopen(options->log_file, "we");
        if (!session->log_file)
            return err_set(err, "-D %s: cannot be written: %s", options->log_file, strerror(errno));
    }
    session->log = log_new(session->log_file ? session->log_file : stderr, session->log_file,
                           options->log_mask);
    return session->log || err_set(err, "out of memory");
}

static bool open_console(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    struct mux_config config = {
        .escape = options->serial.monitor ? options->escape : 0,
        .monitor = options->serial.monitor,
        .quit = console_quit,
        .command = console_command,
        .opaque = session,
    };

    if (options->serial.kind > CHARDEV_NULL) {
        config.back =
            chardev_open(session->io, &options->serial, !options->serial.monitor, "-serial", err);
        if (!config.back)
            return false;
    }
    session->console = mux_new(session->io, &config, err);
    if (!session->console)
        return false;
    if (!options->monitor_given || options->monitor.kind <= CHARDEV_NULL)
        return true;
    config.escape = 0;
    config.monitor = config.monitor_only = true;
    config.back = chardev_open(session->io, &options->monitor, true, "-monitor", err);
    if (!config.back)
        return false;
    session->monitor = mux_new(session->io, &config, err);
    return session->monitor != NULL;
}

/* What SYS_GET_CMDLINE answers: the arguments, or the kernel's name and -append. */
static char *semihosting_line(const struct options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < options->semihosting_arg_count; i++)
        fprintf(out, "%s%s", i ? " " : "", options->semihosting_arg[i]);
    if (!options->semihosting_arg_count && options->kernel)
        fprintf(out, "%s%s%s", options->kernel, options->append ? " " : "",
                options->append ? options->append : "");
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static bool make_semihosting(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    struct semihosting_config config = {
        .log = session->log,
        .clock = session->clock,
        .folder = options->semihosting_dir,
        .console = {semihosting_write, semihosting_read, session},
        .exit = guest_exit,
        .exit_opaque = session,
    };

    if (!options->semihosting)
        return true;
    if (options->serial.kind != CHARDEV_STDIO) {
        session->semihosting_out = chardev_fd_new(session->io, -1, STDOUT_FILENO, false, err);
        if (!session->semihosting_out)
            return false;
    }
    session->semihosting_line = semihosting_line(options);
    config.command_line = session->semihosting_line;
    session->semihosting = semihosting_new(&config, err);
    return session->semihosting || err_prefix(err, "-semihosting-config");
}

/* A machine_load_fn */
static bool load(void *opaque, struct machine *machine, struct err *err)
{
    struct session *session = opaque;
    const struct loader_result *result = &session->loader.result;

    if (!loader_machine_load(&session->loader, machine, err))
        return false;
    if (session->semihosting) {
        semihosting_reset(session->semihosting);
        semihosting_set_heap(session->semihosting, result->heap_base, result->heap_end);
    }
    return true;
}

/* Will there be a window? The demo draws on the terminal unless someone can see the framebuffer. */
static bool has_window(const struct options *options)
{
    bool asked = options->display == OPTIONS_DISPLAY_SDL || options->full_screen;

    return options->display != OPTIONS_DISPLAY_NONE && (asked || window_is_possible());
}

static bool make_machine(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    struct virt_config config = {
        .ram_size = options->ram_size,
        .cpu_model = options->cpu,
        .cpu_properties = options->cpu_properties,
        .its = options->its,
        .engine = options->engine,
        .jit = options->jit,
        .topology = options->topology,
        .fb_width = options->fb ? options->fb_width : 0,
        .fb_height = options->fb ? options->fb_height : 0,
        .firmware = options->bios != NULL,
        .log = session->log,
        .clock = session->clock,
        .uart = session->console ? mux_serial(session->console) : NULL,
        .rtc_base = (int64_t)time(NULL) + options->rtc_offset_s,
        .event = machine_event,
        .event_opaque = session,
    };

    if (session->semihosting) {
        config.semihosting = semihosting_call;
        config.semihosting_opaque = session->semihosting;
    }
    session->loader.config = (struct loader_config){
        .kernel = options->kernel,
        .initrd = options->initrd,
        .append = options->append,
        .dtb = options->dtb,
        .bios = options->bios,
        .dumpdtb = options->dumpdtb,
        .items = options->loader,
        .item_count = options->loader_count,
        .builtin_name = "demo",
        .builtin = roms_demo_elf,
        .builtin_size = roms_demo_elf_size,
        .builtin_append = has_window(options) ? NULL : "terminal",
        .log = session->log,
    };
    session->machine = virt_new(&config, err);
    if (!session->machine)
        return false;
    machine_set_loader(session->machine, load, session);
    return machine_reset(session->machine, err);
}

/* --- the window --- */

static uint64_t window_instructions(void *opaque)
{
    struct session *session = opaque;

    return machine_instructions(session->machine);
}

static size_t window_type(void *opaque, const void *data, size_t size)
{
    struct session *session = opaque;

    return mux_type(session->console, data, size);
}

static void window_press_power(void *opaque)
{
    struct session *session = opaque;

    machine_press_power(session->machine);
}

static uint64_t window_output(void *opaque)
{
    struct session *session = opaque;

    return mux_sent(session->console);
}

/* Starts the machine anew, as the power-on of a computer that was reset. */
static bool reset_machine(struct session *session)
{
    bool done;

    pthread_mutex_lock(&session->machine_lock);
    machine_stop(session->machine);
    done = machine_reset(session->machine, &session->failure) &&
           machine_start(session->machine, &session->failure);
    pthread_mutex_unlock(&session->machine_lock);
    session->failed = !done;
    return done;
}

/* Does what was asked; false: the run is over. */
static bool step(void *opaque)
{
    struct session *session = opaque;
    unsigned requests;

    pthread_mutex_lock(&session->lock);
    requests = session->requests;
    session->requests &= SESSION_QUIT | SESSION_GUEST_EXIT;
    session->code = requests & SESSION_GUEST_EXIT ? session->guest_code : 0;
    pthread_mutex_unlock(&session->lock);
    if (requests & (SESSION_QUIT | SESSION_GUEST_EXIT | SESSION_POWER_OFF))
        return false;
    if (requests & SESSION_RESET)
        return !session->options->no_reboot && reset_machine(session);
    return true;
}

/* Opens the window where one is asked for or possible; without one the terminal is all there is. */
static bool open_window(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    bool asked = options->display == OPTIONS_DISPLAY_SDL || options->full_screen;
    const char *name = options->name ? options->name : options->kernel;
    struct window_config config = {
        .display = machine_display(session->machine),
        .name = "demo",
        .engine = engine_name(options->engine),
        .full_screen = options->full_screen,
        .instructions = window_instructions,
        .type = window_type,
        .press_power = window_press_power,
        .output = window_output,
        .step = step,
        .opaque = session,
    };
    struct window *window;

    if (options->display == OPTIONS_DISPLAY_NONE)
        return true;
    if (!config.display)
        return !asked || err_usage(err, "a window shows the framebuffer, and fb=off leaves it out");
    if (!asked && !window_is_possible()) {
        fprintf(stderr, "ulna: no desktop, so no window; the guest's console is here\n");
        return true;
    }
    if (name)
        config.name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    else if (!options_is_demo(options))
        config.name = "guest";
    window = window_new(&config, err);
    if (!window && !asked) {
        fprintf(stderr, "ulna: %s\n", err->text);
        return true;
    }
    pthread_mutex_lock(&session->lock);
    session->window = window;
    pthread_mutex_unlock(&session->lock);
    return window != NULL;
}

/* --- -d stats --- */

/* The vCPU's counts to the log, a line each. Under machine_lock. */
static void log_stats(struct session *session)
{
    char *text = NULL, *line, *rest;
    size_t size = 0;
    FILE *file;

    if (!session->machine || !log_on(session->log, LOG_STATS))
        return;
    file = open_memstream(&text, &size);
    if (!file)
        return;
    machine_pause(session->machine);
    cpu_print_stats(machine_cpu(session->machine), file);
    if (!session->paused)
        machine_resume(session->machine);
    if (fclose(file) == 0)
        for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
            log_line(session->log, LOG_STATS, "%s", line);
    free(text);
}

/* --- signals: the handler writes a byte, the loop reads it --- */

static void signal_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct session *session = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(&session->signal_byte, 1);
}

static void signal_arrived(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct session *session = stream->data;

    (void)buffer;
    if (size != 1)
        return;
    if (session->signal_byte == SIGUSR1) {
        pthread_mutex_lock(&session->machine_lock);
        log_stats(session);
        pthread_mutex_unlock(&session->machine_lock);
        return;
    }
    session->signal_number = session->signal_byte;
    session_request(session, SESSION_QUIT);
}

static void start_signals(void *opaque)
{
    struct session *session = opaque;

    session->signal_reader.data = session;
    session->signal_reader_open =
        uv_pipe_init(io_loop(session->io), &session->signal_reader, 0) == 0;
    if (session->signal_reader_open &&
        uv_pipe_open(&session->signal_reader, session->signal_pipe[0]) == 0)
        uv_read_start((uv_stream_t *)&session->signal_reader, signal_buffer, signal_arrived);
}

static void stop_signals(void *opaque)
{
    struct session *session = opaque;

    if (session->signal_reader_open)
        uv_close((uv_handle_t *)&session->signal_reader, NULL); /* and the pipe's reading end */
}

static bool catch_signals(struct session *session, struct err *err)
{
    if (pipe2(session->signal_pipe, O_CLOEXEC) < 0)
        return err_set(err, "no pipe: %s", strerror(errno));
    io_call(session->io, start_signals, session);
    terminal_catch_signals(session->signal_pipe[1]);
    if (log_on(session->log, LOG_STATS))
        terminal_catch_user_signal();
    return true;
}

/* --- running --- */

static void greet(const struct session *session)
{
    const struct options *options = session->options;

    if (options_is_demo(options))
        fprintf(stderr, "ulna: this is the built-in demo; to boot something else say "
                        "ulna -kernel FILE (ulna -help lists more)\n");
    if (options->serial.kind == CHARDEV_STDIO && options->serial.monitor &&
        terminal_is_interactive())
        fprintf(stderr, "ulna: Ctrl-%c x ends, Ctrl-%c h lists more keys\n", options->escape | 0x40,
                options->escape | 0x40);
}

static bool start(struct session *session, struct err *err)
{
    const struct options *options = session->options;
    bool dump_only = options->dumpdtb != NULL;

    if (!open_log(session, err))
        return false;
    session->clock = clock_new_host();
    if (!session->clock)
        return err_set(err, "no clock: out of memory or threads");
    if (dump_only) /* the loader writes the file */
        return make_machine(session, err);
    session->io = io_new(err);
    if (!session->io || !open_console(session, err) || !make_semihosting(session, err) ||
        !make_machine(session, err) || !open_window(session, err) || !catch_signals(session, err))
        return false;
    greet(session);
    clock_gettime(CLOCK_MONOTONIC, &session->started);
    if (options->paused) {
        session->paused = true;
        machine_pause(session->machine);
    }
    if (!machine_start(session->machine, err))
        return false;
    mux_start(session->console);
    if (session->monitor)
        mux_start(session->monitor);
    return true;
}

static void run(struct session *session)
{
    if (session->window) {
        window_run(session->window);
        return;
    }
    do {
        pthread_mutex_lock(&session->lock);
        while (!session->requests)
            pthread_cond_wait(&session->changed, &session->lock);
        pthread_mutex_unlock(&session->lock);
    } while (step(session));
}

static void close_log(struct session *session)
{
    int error = log_free(session->log);

    if (!error || !session->log_file)
        return;
    fprintf(stderr, "ulna: -D %s: cannot be written: %s; lines of the log are lost\n",
            session->options->log_file, strerror(error));
    if (!session->code)
        session->code = 1;
}

/* Undoes start(), as far as it came. */
static void finish(struct session *session)
{
    struct window *window = session->window;

    pthread_mutex_lock(&session->machine_lock);
    if (session->machine)
        machine_stop(session->machine);
    log_stats(session);
    pthread_mutex_unlock(&session->machine_lock);
    /* The monitor looks at the machine, so it ends before; the console serves the machine's UART,
     * so it ends after. */
    mux_free(session->monitor);
    if (session->console)
        mux_detach(session->console);
    pthread_mutex_lock(&session->lock);
    session->window = NULL;
    pthread_mutex_unlock(&session->lock);
    window_free(window);
    machine_free(session->machine);
    mux_free(session->console);
    if (session->semihosting_out)
        session->semihosting_out->destroy(session->semihosting_out);
    semihosting_free(session->semihosting);
    free(session->semihosting_line);
    if (session->io && session->signal_reader_open)
        io_call(session->io, stop_signals, session);
    io_free(session->io);
    clock_free(session->clock);
    close_log(session);
    loader_result_free(&session->loader.result);
}

bool session_run(const struct options *options, int *code, struct err *err)
{
    struct session session = {.options = options};
    bool started;

    pthread_mutex_init(&session.lock, NULL);
    pthread_mutex_init(&session.machine_lock, NULL);
    pthread_cond_init(&session.changed, NULL);
    started = start(&session, err);
    if (started && !options->dumpdtb)
        run(&session);
    finish(&session);
    if (started && session.signal_number)
        terminal_die(session.signal_number);
    if (session.failed)
        *err = session.failure;
    *code = session.code;
    return started && !session.failed;
}
