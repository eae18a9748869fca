extension TestData {
    /// The greedy text of the model that the repository ships, 200 positions from the beginning-of-text token: the output of llama2.c's
    /// `run stories260K.bin -z tok512.bin -t 0 -n 200`.
    public static let goldenStory = """
        Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a \
        big, red ball. She wanted to play with it, but it was too high.
        Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play \
        with your ball, but I can't find it."
        Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
        Lily didn't want to help her mom, so she
        """
}
