/* What QEMU has and ulna refuses, each with the reason. Names only; an option that is in neither
 * table is unknown. */
#include "frontend/options.h"

#include <string.h>

static const char no_disk[] = "the board has no disks yet; a guest gets files with -initrd";
static const char no_net[] = "the board has no network card yet";
static const char no_usb[] = "the board has no USB yet";
static const char no_sound[] = "the board has no sound yet";
static const char no_share[] = "folders cannot be shared yet; see -semihosting-config dir=";
static const char no_flash[] = "the board has no flash memory yet; firmware is given with -bios";
static const char no_fwcfg[] = "the board has no fw_cfg yet";
static const char no_smbios[] = "the board has no SMBIOS or ACPI tables yet";
static const char no_gdb[] = "the gdb server is not there yet; see -monitor and -d";
static const char no_qmp[] = "ulna speaks no QMP; the monitor of -monitor is for people";
static const char no_chardev[] = "back ends are named directly, as in -serial file:FILE";
static const char no_display[] = "the screen is a window or nothing; see -display sdl|none";
static const char no_state[] = "machines are not saved or migrated";
static const char no_icount[] = "guest time follows the host's clock";
static const char no_memory[] = "guest memory is plain anonymous memory of one node; see -m";
static const char no_object[] = "there are no objects to create";
static const char no_trace[] = "events are logged with -d and -D";
static const char no_kvm[] = "an x86-64 host cannot run AArch64 code natively; see -accel tcg";
static const char no_global[] = "devices have no settable properties; see -M help";
static const char no_config[] = "ulna reads no configuration files";
static const char no_process[] = "start ulna from a shell or a service manager that does this";
static const char no_input[] = "keys reach the guest through its serial line";
static const char no_x86[] = "it belongs to other boards than virt";

static const struct {
    const char *name, *why;
} refused[] = {
    {"acpitable", no_smbios},
    {"action", "see -no-reboot"},
    {"add-fd", no_process},
    {"alt-grab", no_input},
    {"async-teardown", no_process},
    {"audio", no_sound},
    {"audio-help", no_sound},
    {"audiodev", no_sound},
    {"blockdev", no_disk},
    {"boot", no_disk},
    {"bt", no_usb},
    {"cdrom", no_disk},
    {"chardev", no_chardev},
    {"chroot", no_process},
    {"compat", no_qmp},
    {"ctrl-grab", no_input},
    {"daemonize", no_process},
    {"debugcon", no_x86},
    {"dfilter", no_trace},
    {"drive", no_disk},
    {"dump-vmstate", no_state},
    {"enable-fips", no_process},
    {"enable-kvm", no_kvm},
    {"enable-sync-profile", no_trace},
    {"fda", no_disk},
    {"fdb", no_disk},
    {"fsdev", no_share},
    {"fw_cfg", no_fwcfg},
    {"gdb", no_gdb},
    {"global", no_global},
    {"hda", no_disk},
    {"hdb", no_disk},
    {"hdc", no_disk},
    {"hdd", no_disk},
    {"icount", no_icount},
    {"incoming", no_state},
    {"iscsi", no_disk},
    {"k", no_input},
    {"loadvm", no_state},
    {"mem-path", no_memory},
    {"mem-prealloc", no_memory},
    {"mon", no_chardev},
    {"msg", no_trace},
    {"mtdblock", no_disk},
    {"net", no_net},
    {"netdev", no_net},
    {"nic", no_net},
    {"no-acpi", no_smbios},
    {"no-fd-bootchk", no_x86},
    {"no-hpet", no_x86},
    {"no-shutdown", "a guest that powers off ends ulna with exit code 0"},
    {"no-quit", "closing the window presses the power key first"},
    {"numa", no_memory},
    {"object", no_object},
    {"old-param", no_x86},
    {"one-insn-per-tb", no_trace},
    {"option-rom", no_fwcfg},
    {"overcommit", no_memory},
    {"parallel", no_x86},
    {"pflash", no_flash},
    {"pidfile", no_process},
    {"plugin", no_trace},
    {"portrait", no_display},
    {"preconfig", no_qmp},
    {"prom-env", no_x86},
    {"qmp", no_qmp},
    {"qmp-pretty", no_qmp},
    {"readconfig", no_config},
    {"rotate", no_display},
    {"run-with", no_process},
    {"runas", no_process},
    {"s", no_gdb},
    {"sandbox", no_process},
    {"sd", no_disk},
    {"sdl", "say -display sdl"},
    {"seed", no_icount},
    {"set", no_global},
    {"singlestep", no_trace},
    {"smbios", no_smbios},
    {"snapshot", no_disk},
    {"soundhw", no_sound},
    {"spice", no_display},
    {"tb-size", "say -accel tcg,tb-size=N"},
    {"tpmdev", no_x86},
    {"trace", no_trace},
    {"usb", no_usb},
    {"usbdevice", no_usb},
    {"uuid", no_smbios},
    {"vga", no_display},
    {"virtfs", no_share},
    {"vnc", no_display},
    {"watchdog", no_x86},
    {"watchdog-action", no_x86},
    {"win2k-hack", no_x86},
    {"writeconfig", no_config},
    {"xen-attach", no_x86},
    {"xen-domid", no_x86},
    {"xen-domid-restrict", no_x86},
    {"gtk", no_display},
};

const char *options_refusal(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (!strcmp(name, refused[i].name))
            return refused[i].why;
    return NULL;
}

/* Families of device models, told by a word in the name. */
static const struct {
    const char *word, *why;
} device_words[] = {
    {"guest-loader", "there is no EL2 for a hypervisor yet; files are loaded with loader,file="},
    {"blk", no_disk},
    {"scsi", no_disk},
    {"nvme", no_disk},
    {"ide", no_disk},
    {"net", no_net},
    {"e1000", no_net},
    {"rtl8139", no_net},
    {"vmxnet", no_net},
    {"usb", no_usb},
    {"xhci", no_usb},
    {"ehci", no_usb},
    {"uhci", no_usb},
    {"hda", no_sound},
    {"sound", no_sound},
    {"AC97", no_sound},
    {"9p", no_share},
    {"vhost-user-fs", no_share},
    {"gpu", "the board has a framebuffer instead; see -M virt,fb=WxH"},
    {"VGA", "the board has a framebuffer instead; see -M virt,fb=WxH"},
    {"ramfb", "the board has a framebuffer instead; see -M virt,fb=WxH"},
    {"keyboard", no_input},
    {"mouse", no_input},
    {"tablet", no_input},
    {"virtio", "the board's virtio slots are empty so far"},
    {"pci", "the board has no PCI Express yet"},
};

const char *options_device_refusal(const char *model)
{
    for (size_t i = 0; i < ARRAY_SIZE(device_words); i++)
        if (strstr(model, device_words[i].word))
            return device_words[i].why;
    return "there is no such device; accepted is loader";
}
