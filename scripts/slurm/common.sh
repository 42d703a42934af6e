# What the batch scripts share: where `pipeline` is, one line in the log for every start and end, and
# whether to run again. To be sourced.
# shellcheck shell=bash

# Settings, from the environment of sbatch:
#   PIPELINE         the program; otherwise build/release/pipeline of the checkout, or `pipeline` in PATH
#   SRUN_OPTIONS     more for srun; of several tasks that train, --mpi=pmix
#   REQUEUE_LIMIT    so many times in a row a job that came no further is run again (3)

say() { printf '%(%F %T)T slurm: %s\n' -1 "$*"; }

# refuse TEXT: for what the user has to put right; no job runs again with it.
refuse() { say "$1"; exit 78; }

: "${latentflow:?is set by the script that sources this}"

# The checkout's program is taken as built: a compute node installs and builds nothing.
if [[ -z ${PIPELINE:-} ]]; then
    PIPELINE=$latentflow/build/release/pipeline
    [[ -x $PIPELINE ]] || PIPELINE=$(command -v pipeline) ||
        refuse "no $latentflow/build/release/pipeline and no 'pipeline' in PATH: run $latentflow/scripts/build release pipeline, or set PIPELINE"
fi

# An array's last task has the array's own id, and Slurm would take that for all tasks.
job=$SLURM_JOB_ID
[[ -z ${SLURM_ARRAY_TASK_ID:-} ]] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
restarts=${SLURM_RESTART_COUNT:-0}

# option NAME ARGUMENTS...: the last value of `--set NAME=VALUE` or `-p NAME=VALUE`, if there is one.
option() {
    local name=$1 value=
    shift
    while (($#)); do
        case $1 in
        -p | --set) [[ ${2:-} == "$name="* ]] && value=${2#*=} ;;
        --set="$name="*) value=${1#--set="$name="} ;;
        esac
        shift
    done
    printf '%s' "$value"
}

# run_step ARGUMENTS...: runs `pipeline ARGUMENTS` as a job step and leaves with its exit code, after asking
# Slurm to run the job again if it was stopped. The caller sets `notes`, a file to remember in, and
# `progress`, which writes something else once the job has come further.
run_step() {
    local code started=$SECONDS
    say "job $job, start $((restarts + 1)), host ${SLURMD_NODENAME:-$(hostname)}: $PIPELINE $(printf '%q ' "$@")"
    # A step, because Slurm sends its signals to steps: SIGUSR1 before the time limit, SIGTERM when the
    # nodes are needed. This shell must outlive them, to say what comes next.
    trap : TERM USR1
    # shellcheck disable=SC2086
    srun --quiet --ntasks="${SLURM_NTASKS:-1}" ${SLURM_CPUS_PER_TASK:+--cpus-per-task="$SLURM_CPUS_PER_TASK"} \
        ${SRUN_OPTIONS:-} "$PIPELINE" "$@"
    code=$?
    finish "$code" "exit code $code after $((SECONDS - started)) s"
    exit "$code"
}

# Says how it ended, and requeues what can go on.
finish() {
    local code=$1 ended=$2 meaning
    case $code in
    0) say "$ended: done"; rm -f "${notes:?}"; return ;;
    64) meaning="wrong usage" ;;
    65) meaning="more bad inputs than allowed" ;;
    70) meaning="an internal error, or incomplete" ;;
    74) meaning="input or output failed" ;;
    75) meaning="stopped by a signal" ;;
    78) meaning="the configuration is wrong" ;;
    137) meaning="killed; if it was for want of memory, ask for more with --mem" ;;
    *) meaning="failed" ;;
    esac
    if [[ $code != 75 && $code != 137 ]]; then
        say "$ended: $meaning; the lines above say why. Not requeued"
        return
    fi
    # A job that Slurm ends already is either requeued by it, as one that is preempted, or was cancelled
    # and must not come back.
    local state
    state=$(scontrol show job -o "$job")
    if [[ $state != *" JobState=RUNNING "* && $state != *" Reason=TimeLimit "* ]]; then
        say "$ended: $meaning; Slurm is ending the job and requeues it unless it was cancelled"
        return
    fi
    local limit=${REQUEUE_LIMIT:-3} before='' fruitless=0 now
    now=$(progress | sha256sum | cut -d ' ' -f 1)
    [[ -e $notes ]] && read -r before fruitless <"$notes"
    [[ $now == "$before" ]] && fruitless=$((fruitless + 1)) || fruitless=0
    echo "$now $fruitless" >"$notes"
    if ((fruitless >= limit)); then
        say "$ended: $meaning; it has come no further in $limit starts. Not requeued: give it more time (--time) or memory (--mem)"
    elif scontrol requeue "$job"; then
        say "$ended: $meaning; requeued"
    else
        say "$ended: $meaning; Slurm refused to requeue it. Go on with: scontrol requeue $job"
    fi
}
