/* SPDX-License-Identifier: MIT */
/*
 * System calls that are denied (seccomp).
 *
 * The list says what is denied rather than what is allowed: the calls that the C library makes for a thread or a
 * block of memory change from version to version, and a list of those would one day stop a program that does nothing
 * wrong. What matters is on this list: other programs, other processes, the network, the attributes of files by name,
 * and the parts of the kernel that only an administrator or an attacker needs. A denied call fails with EPERM.
 *
 * Which files may be opened is not decided here, since a filter cannot see names; sandbox.c does that.
 */
#include "cli/sandbox_calls.h"

#ifdef __linux__

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#endif

#ifdef ARCHITECTURE

/* clang-format off */
static const int refused[] = {
    /* other programs and processes (clone is handled below) */
    SYS_execve, SYS_execveat, SYS_unshare, SYS_setns, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_kcmp, SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
#ifdef SYS_pidfd_open
    SYS_pidfd_open, SYS_pidfd_send_signal, SYS_pidfd_getfd, SYS_process_madvise,
#endif
    /* the network */
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
    /* attributes of files by name, and ways to open files other than by name */
    SYS_fchmodat, SYS_fchownat, SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_truncate,
    SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_fanotify_init,
#ifdef SYS_chmod
    SYS_chmod, SYS_chown, SYS_lchown,
#endif
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
    /* user and group IDs */
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
    SYS_setgroups, SYS_capset, SYS_setsid, SYS_personality,
    /* calls that make other calls, which a filter does not see */
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
    /* mounts */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_swapon, SYS_swapoff, SYS_quotactl,
#ifdef SYS_open_tree
    SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
    /* the kernel and the machine */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_acct, SYS_syslog, SYS_sethostname,
    SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_vhangup,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_ioperm
    SYS_ioperm, SYS_iopl, SYS_modify_ldt,
#endif
};
/* clang-format on */

#define REFUSED_COUNT (sizeof refused / sizeof refused[0])
#define CODE_SIZE (2 * REFUSED_COUNT + 32)

struct filter {
    struct sock_filter code[CODE_SIZE];
    unsigned short size;
};

static void put(struct filter *filter, unsigned operation, unsigned value, unsigned if_true, unsigned if_false) {
    filter->code[filter->size++] =
        (struct sock_filter){(unsigned short)operation, (unsigned char)if_true, (unsigned char)if_false, value};
}

static void put_load(struct filter *filter, size_t offset) {
    put(filter, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

/* Continue with the next instruction, or skip some. */
static void put_equals(struct filter *filter, unsigned value, unsigned skipped_if, unsigned skipped_if_not) {
    put(filter, BPF_JMP | BPF_JEQ | BPF_K, value, skipped_if, skipped_if_not);
}

static void put_any_bit(struct filter *filter, unsigned bits, unsigned skipped_if, unsigned skipped_if_not) {
    put(filter, BPF_JMP | BPF_JSET | BPF_K, bits, skipped_if, skipped_if_not);
}

static void put_result(struct filter *filter, unsigned result) {
    put(filter, BPF_RET | BPF_K, result, 0, 0);
}

/* The low half of an argument: all three architectures are little-endian. */
static void put_load_argument(struct filter *filter, int number) {
    put_load(filter, offsetof(struct seccomp_data, args) + (size_t)number * sizeof(__u64));
}

static void put_all(struct filter *filter) {
    const unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
    put_load(filter, offsetof(struct seccomp_data, arch));
    put_equals(filter, ARCHITECTURE, 1, 0);
    put_result(filter, SECCOMP_RET_KILL_PROCESS); /* calls of another architecture have other numbers */
    put_load(filter, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    put(filter, BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* x32: the same calls again */, 0, 1);
    put_result(filter, refuse);
#endif
    for (size_t i = 0; i < REFUSED_COUNT; i++) {
        put_equals(filter, (unsigned)refused[i], 0, 1);
        put_result(filter, refuse);
    }
#ifdef SYS_clone3
    put_equals(filter, SYS_clone3, 0, 1); /* a filter cannot see its arguments; the C library then falls back to
                                           * clone */
    put_result(filter, SECCOMP_RET_ERRNO | ENOSYS);
#endif
    put_equals(filter, SYS_clone, 0, 5); /* only threads */
    put_load_argument(filter, 0);
    put_any_bit(filter, CLONE_THREAD, 0, 2);
    put_any_bit(filter, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET, 1, 0);
    put_result(filter, SECCOMP_RET_ALLOW);
    put_result(filter, refuse);
    put_equals(filter, SYS_tgkill, 0, 4); /* signals to ourselves: to die from one, or to abort */
    put_load_argument(filter, 0);
    put_equals(filter, (unsigned)getpid(), 0, 1);
    put_result(filter, SECCOMP_RET_ALLOW);
    put_result(filter, refuse);
    put_equals(filter, SYS_ioctl, 0, 5); /* no simulated typing on the user's terminal */
    put_load_argument(filter, 1);
    put_equals(filter, TIOCSTI, 2, 0);
    put_equals(filter, TIOCLINUX, 1, 0);
    put_result(filter, SECCOMP_RET_ALLOW);
    put_result(filter, refuse);
    put_result(filter, SECCOMP_RET_ALLOW);
}

void sandbox_refuse_calls(void) {
    struct filter filter = {.size = 0};
    put_all(&filter);
    const struct sock_fprog program = {.len = filter.size, .filter = filter.code};
    /* without this flag, older kernels disable some speculation of the processor for such programs */
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

#else

void sandbox_refuse_calls(void) {
}

#endif
