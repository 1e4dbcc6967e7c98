package io.tocsin.match;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Which detections take so long that they are isolated, and how much time these may have.
 *
 * <p>After an event that took long, detections are timed for some events. One that computes too
 * long on these is isolated: it gets a share of the time, and the events for which that is not
 * enough are told as failures of it. A detection that is alone in its pack has nobody to spare.
 *
 * <p>All times are in nanoseconds of computing by this thread, so that a busy machine does no harm.
 */
final class Budget {
    private static final long MILLISECOND = 1_000_000;
    private static final long LONG_EVENT = MILLISECOND;
    private static final int WATCHED = 64;
    /** Five milliseconds an event: far more than anything takes while code is still interpreted. */
    private static final long HEAVY = WATCHED * 5 * MILLISECOND;

    /** What one evaluation counts at most: once is never enough. */
    private static final long MOST = HEAVY * 2 / 3;

    private static final long BURST = 200 * MILLISECOND;
    private static final int PARTS = 5;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final LongSupplier clock;
    private final long[] spent;
    private final boolean[] heavy;
    private int[] isolated = Index.NONE;
    private int[] waiting = Index.NONE;
    private int watched;
    private long allowance;
    private long since;

    Budget(int detections, LongSupplier clock) {
        this.clock = clock;
        spent = new long[detections];
        heavy = new boolean[detections];
    }

    static long computing() {
        return THREADS.getCurrentThreadCpuTime();
    }

    /** Whether detections are to be timed. */
    boolean watching() {
        return watched > 0;
    }

    /** An event was evaluated in so much time; from now on what took too long on it is isolated. */
    void event(long nanos) {
        if (watched > 0) {
            watched--;
        } else if (nanos > LONG_EVENT && spent.length > 1) {
            watched = WATCHED;
            Arrays.fill(spent, 0);
        }
        for (int detection : waiting) {
            if (!heavy[detection]) {
                heavy[detection] = true;
                isolated = with(isolated, detection);
                since = clock.getAsLong();
            }
        }
        waiting = Index.NONE;
    }

    /** One evaluation of a detection, or of a test that suggests it, took so much time. */
    void charge(int detection, long nanos) {
        spent[detection] += Math.min(nanos, MOST);
        if (spent[detection] > HEAVY) {
            waiting = with(waiting, detection);
        }
    }

    private static int[] with(int[] some, int one) {
        int[] more = Arrays.copyOf(some, some.length + 1);
        more[some.length] = one;
        return more;
    }

    boolean heavy(int detection) {
        return heavy[detection];
    }

    /** The detections that are isolated. */
    int[] isolated() {
        return isolated;
    }

    /** Whether one of them may be evaluated now. */
    boolean allows() {
        long now = clock.getAsLong();
        allowance = Math.min(BURST, allowance + (now - since) / PARTS);
        since = now;
        return allowance > 0;
    }

    /** One of them was evaluated in so much time. */
    void pay(long nanos) {
        allowance -= nanos;
    }
}
