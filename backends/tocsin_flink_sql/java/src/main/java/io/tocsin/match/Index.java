package io.tocsin.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/** From a value of one place to the detections that may match for it. */
final class Index {
    static final int[] NONE = {};

    /** Detections that may match wherever the place is not null. */
    final int[] present;

    private final Map<String, int[]> equal = new HashMap<>();
    private final Finder finder;
    private final List<Atom> parts = new ArrayList<>();
    private final int[][] partOwners;
    private final List<Atom> tests = new ArrayList<>();
    private final int[][] testOwners;

    private final Budget budget;

    private int[] stamps = new int[16];
    private int stamp;
    private int[] found = new int[16];
    private int count;

    private Index(
            Map<Atom, TreeSet<Integer>> owners,
            Function<List<String>, Finder> finders,
            Budget budget) {
        this.budget = budget;
        int[] everywhere = NONE;
        for (Map.Entry<Atom, TreeSet<Integer>> each : owners.entrySet()) {
            Atom atom = each.getKey();
            switch (atom.kind()) {
                case PRESENT -> everywhere = array(each.getValue());
                case EQUALS -> equal.put(atom.literal(), array(each.getValue()));
                case TEST -> tests.add(atom);
                default -> parts.add(atom);
            }
        }
        present = everywhere;
        partOwners = parts.stream().map(a -> array(owners.get(a))).toArray(int[][]::new);
        testOwners = tests.stream().map(a -> array(owners.get(a))).toArray(int[][]::new);
        finder =
                parts.isEmpty()
                        ? null
                        : finders.apply(parts.stream().map(Atom::literal).toList());
    }

    private static int[] array(TreeSet<Integer> numbers) {
        return numbers.stream().mapToInt(n -> n).toArray();
    }

    /** Detections of whose atoms one holds on the value; `ascii` may hold its folded form. */
    int[] candidates(Value value, byte[] ascii) {
        stamp++;
        count = 0;
        add(equal.getOrDefault(value.folded, NONE));
        if (finder != null) {
            int length = value.folded.length();
            Finder.Found each = (part, last) -> part(part, last, length);
            if (ascii == null) {
                finder.run(value.folded, each);
            } else {
                finder.run(ascii, length, each);
            }
        }
        for (int i = 0; i < testOwners.length; i++) {
            if (budget.watching() ? timed(i, value) : mayPass(tests.get(i), value)) {
                add(testOwners[i]);
            }
        }
        return count == 0 ? NONE : Arrays.copyOf(found, count);
    }

    private void part(int part, int last, int length) {
        Atom atom = parts.get(part);
        boolean holds =
                switch (atom.kind()) {
                    case STARTS -> last + 1 == atom.literal().length();
                    case ENDS -> last + 1 == length;
                    default -> true;
                };
        if (holds) {
            add(partOwners[part]);
        }
    }

    private boolean timed(int test, Value value) {
        long start = Budget.computing();
        boolean passes = mayPass(tests.get(test), value);
        long nanos = Budget.computing() - start;
        for (int owner : testOwners[test]) {
            budget.charge(owner, nanos);
        }
        return passes;
    }

    private static boolean mayPass(Atom atom, Value value) {
        try {
            return value.passes(atom.test(), atom.leaf());
        } catch (Costly end) {
            return true; // the detection is evaluated, and fails there
        }
    }

    private void add(int[] detections) {
        for (int detection : detections) {
            if (detection >= stamps.length) {
                stamps = Arrays.copyOf(stamps, detection * 2);
            }
            if (stamps[detection] != stamp) {
                stamps[detection] = stamp;
                if (count == found.length) {
                    found = Arrays.copyOf(found, count * 2);
                }
                found[count++] = detection;
            }
        }
    }

    /** Indexes in the making, by place. */
    static final class Builder {
        private final Map<ValuePlace, Map<Atom, TreeSet<Integer>>> owners = new LinkedHashMap<>();

        void add(Atom atom, int detection) {
            owners.computeIfAbsent(atom.place(), p -> new LinkedHashMap<>())
                    .computeIfAbsent(atom, a -> new TreeSet<>())
                    .add(detection);
        }

        Map<ValuePlace, Index> build(Function<List<String>, Finder> finders, Budget budget) {
            Map<ValuePlace, Index> made = new LinkedHashMap<>();
            owners.forEach((place, atoms) -> made.put(place, new Index(atoms, finders, budget)));
            return made;
        }
    }
}
