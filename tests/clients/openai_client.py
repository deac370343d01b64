"""Talks to a node with the official OpenAI client: what it understands, other programs will understand as well."""

import os
import signal
import unittest

import openai

from node import node

ASK = [{"role": "user", "content": "Say hello."}]


class OpenAiClient(unittest.TestCase):
    """One node with a model for all tests, without retries that would hide a failure."""

    @classmethod
    def setUpClass(cls):
        cls.node = cls.enterClassContext(node())
        cls.client = openai.OpenAI(base_url=f"{cls.node.url}/v1", api_key=cls.node.token, max_retries=0)
        cls.model = cls.client.models.list().data[0].id

    def complete(self, **options):
        return self.client.chat.completions.create(**{"model": self.model, "messages": ASK, "max_tokens": 8, **options})

    def test_the_installed_model_is_listed_and_retrieved(self):
        self.assertEqual(self.client.models.retrieve(self.model).id, self.model)
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("gpt-4o")

    def test_a_plain_answer_counts_its_tokens(self):
        answer = self.complete()
        self.assertTrue(answer.choices[0].message.content)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 8)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + 8)

    def test_a_streamed_answer_is_the_plain_one_in_pieces(self):
        plain = self.complete(temperature=0).choices[0].message.content
        chunks = list(self.complete(temperature=0, stream=True, stream_options={"include_usage": True}))
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        self.assertEqual("".join(pieces), plain)
        self.assertGreater(len([piece for piece in pieces if piece]), 1)
        self.assertEqual(chunks[-1].usage.completion_tokens, 8)
        self.assertEqual(chunks[-2].choices[0].finish_reason, "length")

    def test_a_seed_makes_an_answer_repeatable(self):
        one, two = (self.complete(temperature=1.5, seed=7).choices[0].message.content for _ in range(2))
        self.assertEqual(one, two)

    def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(self):
        whole = self.complete(temperature=0, max_tokens=16).choices[0].message.content
        stop = whole.split()[2]
        answer = self.complete(temperature=0, max_tokens=16, stop=stop).choices[0]
        self.assertEqual(answer.finish_reason, "stop")
        self.assertEqual(answer.message.content, whole.split(stop)[0])

    def test_wrong_values_name_their_field(self):
        for options, field in [
            ({"temperature": -1}, "temperature"),
            ({"top_p": 1e9}, "top_p"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"messages": []}, "messages"),
            ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
            ({"messages": "hi"}, "messages"),
        ]:
            with self.subTest(options=options), self.assertRaises(openai.UnprocessableEntityError) as raised:
                self.complete(**options)
            self.assertEqual(raised.exception.body["param"], field)

    def test_what_is_not_supported_is_refused_by_name(self):
        for options, field in [
            ({"n": 2}, "n"),
            ({"presence_penalty": 1}, "presence_penalty"),
            ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
            ({"response_format": {"type": "json_object"}}, "response_format"),
        ]:
            with self.subTest(options=options), self.assertRaises(openai.BadRequestError) as raised:
                self.complete(**options)
            self.assertEqual((raised.exception.body["param"], raised.exception.code), (field, "unsupported_parameter"))

    def test_an_unknown_model_a_wrong_token_and_an_overflow_are_told_apart(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.complete(model="gpt-4o")
        self.assertEqual(raised.exception.code, "model_not_found")
        with self.assertRaises(openai.AuthenticationError):
            self.client.with_options(api_key="ll_wrong").models.list()
        with self.assertRaises(openai.BadRequestError) as raised:
            self.complete(messages=[{"role": "user", "content": "hello " * 20_000}])
        self.assertEqual(raised.exception.code, "context_length_exceeded")
        self.assertRegex(raised.exception.message, r"\d+ tokens")

    def test_a_client_that_leaves_frees_its_place(self):
        stream = self.complete(stream=True, max_tokens=3000)
        next(iter(stream))
        stream.close()
        self.node.until_worker_is("ready")

    def test_a_worker_that_dies_in_the_middle_is_an_error_and_the_next_question_works(self):
        stream = iter(self.complete(stream=True, max_tokens=3000))
        next(stream)
        os.kill(self.node.worker()["pid"], signal.SIGKILL)
        with self.assertRaises(openai.APIError) as raised:
            for _ in stream:
                pass
        self.assertIn("ask again", raised.exception.message)
        self.node.until_worker_is("ready")
        self.assertTrue(self.complete().choices[0].message.content)


class WithoutAModel(unittest.TestCase):
    """The documented 503 of a missing worker."""

    def test_the_remedy_is_in_the_message(self):
        with node(model=None) as bare:
            client = openai.OpenAI(base_url=f"{bare.url}/v1", api_key=bare.token, max_retries=0)
            self.assertEqual(client.models.list().data, [])
            with self.assertRaises(openai.InternalServerError) as raised:
                client.chat.completions.create(model="default", messages=ASK)
            self.assertEqual(raised.exception.status_code, 503)
            self.assertIn("models", raised.exception.message)


if __name__ == "__main__":
    unittest.main(verbosity=2)
