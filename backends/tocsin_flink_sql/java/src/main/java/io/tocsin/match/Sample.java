package io.tocsin.match;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Values of the first events, and how often each atom held on them. */
final class Sample {
    private static final int MOST_VALUES = 2000;
    private static final int LONGEST = 4096;

    private final Set<ValuePlace> places = new LinkedHashSet<>();
    private final Collection<Atom> atoms;
    private final Map<ValuePlace, Map<String, Integer>> seen = new HashMap<>();
    private final Map<ValuePlace, Integer> present = new HashMap<>();
    private int events;

    Sample(Collection<Atom> atoms) {
        this.atoms = atoms;
        atoms.forEach(atom -> places.add(atom.place()));
    }

    int events() {
        return events;
    }

    /** Takes in the event that was just read. */
    void add(Event event) {
        events++;
        for (ValuePlace place : places) {
            ValuePlace valued = event.valued(place);
            if (valued.kind == ValuePlace.Kind.NOTHING) {
                continue;
            }
            present.merge(place, 1, Integer::sum);
            if (valued.kind == ValuePlace.Kind.ONE) {
                count(place, valued.one);
            }
            for (int i = 0; valued.kind == ValuePlace.Kind.MANY && i < valued.count; i++) {
                count(place, valued.many[i]);
            }
        }
    }

    private void count(ValuePlace place, Value value) {
        Map<String, Integer> counts = seen.computeIfAbsent(place, p -> new HashMap<>());
        boolean fits = counts.size() < MOST_VALUES && value.text.length() <= LONGEST;
        if (fits || counts.containsKey(value.text)) {
            counts.merge(value.text, 1, Integer::sum);
        }
    }

    /** Of each atom, in how many events of 1 it held; never quite 0. */
    Map<Atom, Double> frequencies(Fold fold) {
        Map<Atom, Integer> numbers = new LinkedHashMap<>();
        Index.Builder all = new Index.Builder();
        for (Atom atom : atoms) {
            boolean counted = atom.kind() != Atom.Kind.TEST && atom.kind() != Atom.Kind.PRESENT;
            if (counted && numbers.putIfAbsent(atom, numbers.size()) == null) {
                all.add(atom, numbers.size() - 1);
            }
        }
        long[] hits = new long[numbers.size()];
        Budget untimed = new Budget(0, System::nanoTime);
        all.build(literals -> new Prefixes(literals, fold), untimed)
                .forEach((place, index) -> tally(place, index, fold, hits));
        Map<Atom, Double> made = new HashMap<>();
        for (Atom atom : atoms) {
            made.put(atom, frequency(atom, numbers, hits));
        }
        return made;
    }

    private void tally(ValuePlace place, Index index, Fold fold, long[] hits) {
        seen.getOrDefault(place, Map.of())
                .forEach(
                        (text, times) -> {
                            for (int n : index.candidates(new Value(text, fold.fold(text)), null)) {
                                hits[n] += times;
                            }
                        });
    }

    private double frequency(Atom atom, Map<Atom, Integer> numbers, long[] hits) {
        double floor = atom.guess() / (events + 1);
        if (atom.kind() == Atom.Kind.TEST) {
            return 0.3 * present.getOrDefault(atom.place(), 0) / events + floor;
        }
        if (atom.kind() == Atom.Kind.PRESENT) {
            return (double) present.getOrDefault(atom.place(), 0) / events + floor;
        }
        return (double) hits[numbers.get(atom)] / events + floor;
    }
}
